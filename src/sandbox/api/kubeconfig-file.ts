/**
 * Owns the kubeconfig that leads to the sandbox. It has no credentials: the sandbox asks for none.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';

export interface KubeconfigOptions {
  /** http://127.x.y.z:port */
  readonly url: string;
  /** Where kubectl looks when no namespace is given. */
  readonly namespace?: string;
  readonly name?: string;
}

export function kubeconfigText({
  url,
  namespace = 'default',
  name = 'understudy-sandbox',
}: KubeconfigOptions): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: url } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  });
}

/** Makes the directory where it is missing; replaces the file where it is there. */
export async function writeKubeconfig(path: string, options: KubeconfigOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, kubeconfigText(options), { mode: 0o600 });
}
