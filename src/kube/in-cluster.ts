/**
 * Owns the connection of a pod to its own cluster: two environment variables and three files.
 * Must not be chosen when either is missing: then we don't run in a pod.
 */
import { isIPv6 } from 'node:net';
import type { Connection } from './connection.ts';
import { KubeconfigError, readBearerToken, readCredentialFile } from './credential-files.ts';

const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface InClusterOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the ServiceAccount's files are. */
  readonly directory?: string;
}

/** Undefined outside of a cluster. Rejects with a KubeconfigError when the pod has no ServiceAccount token. */
export async function readInClusterConnection(options: InClusterOptions): Promise<Connection | undefined> {
  const { env, directory = SERVICE_ACCOUNT_DIRECTORY } = options;
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (host === undefined || host === '' || port === undefined || port === '') return undefined;
  const token = () => readBearerToken(`${directory}/token`, 'ServiceAccount token');
  const authority = () => readCredentialFile(`${directory}/ca.crt`, 'ServiceAccount CA');
  // Both are needed for the first request; a missing one should be said at the start, not at each reconnect.
  await Promise.all([token(), authority()]);
  return {
    server: serverUrl(host, port),
    namespace: (await readCredentialFile(`${directory}/namespace`, 'ServiceAccount namespace')).trim(),
    origin: 'in-cluster',
    tls: async () => ({
      ca: await authority(),
      certificate: undefined,
      key: undefined,
      serverName: undefined,
      insecureSkipVerify: false,
    }),
    authorization: token,
    refresh: async () => undefined,
  };
}

function serverUrl(host: string, port: string): URL {
  const text = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(text)) {
    throw new KubeconfigError(`KUBERNETES_SERVICE_HOST and _PORT: ${host} and ${port} make no address`);
  }
  return new URL(text);
}
