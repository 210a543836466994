/**
 * Owns what it takes to reach an API server, and where to look for that.
 * Must not open a connection, nor keep time: the transport asks again when credentials may have changed.
 */
import { delimiter } from 'node:path';
import { KubeconfigError } from './credential-files.ts';
import { readInClusterConnection } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** How to reach one API server, and as whom. */
export interface Connection {
  /** http: for HTTP/2 without TLS (prior knowledge), https: for HTTP/2 by ALPN. */
  readonly server: URL;
  /** The namespace of the context or of the ServiceAccount. */
  readonly namespace: string;
  /** Where this comes from, for people: a file and context, or `in-cluster`. */
  readonly origin: string;
  /** Read anew for each session, since certificates are replaced in place. Rejects when a file can't be read. */
  tls(): Promise<TlsMaterial>;
  /** The Authorization header, read anew at each call; undefined when there is no token. */
  authorization(): Promise<string | undefined>;
  /** The server has answered 401: whatever is kept must not be used again. */
  refresh(): Promise<void>;
}

/** PEM throughout. */
export interface TlsMaterial {
  /** Undefined: the system's authorities. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Checked against the server's certificate in place of the host of the URL. */
  readonly serverName: string | undefined;
  readonly insecureSkipVerify: boolean;
}

export const NO_TLS_MATERIAL: TlsMaterial = {
  ca: undefined,
  certificate: undefined,
  key: undefined,
  serverName: undefined,
  insecureSkipVerify: false,
};

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

/** For a server that asks for neither certificate nor token, such as the sandbox. */
export function plainConnection(server: URL, namespace = 'default'): Connection {
  return {
    server,
    namespace,
    origin: server.origin,
    tls: async () => NO_TLS_MATERIAL,
    authorization: async () => undefined,
    refresh: async () => undefined,
  };
}
