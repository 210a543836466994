/**
 * Owns where to look for an API server: the order of the places, and which one counts.
 * Must not read any of them itself: kubeconfig.ts and in-cluster.ts do.
 */
import { delimiter } from 'node:path';
import type { Connection } from './connection.ts';
import { KubeconfigError } from './credential-files.ts';
import { readInClusterConnection } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';

export interface LoadConnectionOptions {
  /** The file that the user named. Nothing else is looked at then. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** The process's environment: KUBECONFIG, KUBERNETES_SERVICE_HOST and _PORT, HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The named file, else KUBECONFIG, else the ServiceAccount of the pod we run in, else ~/.kube/config.
 * Rejects with a KubeconfigError that says in one line what is wrong where.
 */
export async function loadConnection(options: LoadConnectionOptions): Promise<Connection> {
  const { kubeconfig, context, env } = options;
  if (kubeconfig !== undefined) return readKubeconfig(kubeconfig, context);
  const named = env.KUBECONFIG;
  if (named !== undefined && named !== '') return readKubeconfig(oneFile(named), context);
  const inCluster = context === undefined ? await readInClusterConnection({ env }) : undefined;
  return inCluster ?? readKubeconfig(`${env.HOME ?? '~'}/.kube/config`, context);
}

/** kubectl merges the files of a KUBECONFIG like a PATH. Which one is meant is better said than guessed. */
function oneFile(kubeconfig: string): string {
  const files = kubeconfig.split(delimiter).filter((file) => file !== '');
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new KubeconfigError(`KUBECONFIG names ${files.length} files (${kubeconfig}): one is supported`);
  }
  return file;
}
