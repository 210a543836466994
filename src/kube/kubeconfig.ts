/**
 * Owns reading a kubeconfig file: which server its context means, and with which credentials.
 * Must not run programs: exec and auth-provider plugins are named in the error and refused.
 */
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Connection, TlsMaterial } from './connection.ts';
import { bearer, KubeconfigError, readBearerToken, readCredentialFile } from './credential-files.ts';
import {
  DecodeError,
  isObject,
  items,
  type JsonObject,
  optionalBoolean,
  optionalObject,
  optionalString,
} from './decode.ts';

/** Reads PEM text, from the file itself or from a file that it names. */
type PemSource = () => Promise<string | undefined>;

/** Rejects with a KubeconfigError: one line with the file and the field. */
export async function readKubeconfig(path: string, contextName?: string): Promise<Connection> {
  const file = parseFile(await readCredentialFile(path, 'kubeconfig'), path);
  try {
    const context = chooseContext(file, contextName);
    const connection = connectionOf(file, context, path);
    // Every file is read once now: a wrong path should be said at the start, not at each reconnect.
    await Promise.all([connection.tls(), connection.authorization()]);
    return connection;
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof FieldError)) throw error;
    throw new KubeconfigError(`${path}: ${error.message}`, { cause: error });
  }
}

/** What is wrong in the file, before its path is put in front. */
class FieldError extends Error {}

function parseFile(text: string, path: string): JsonObject {
  try {
    const file: unknown = parse(text);
    if (isObject(file)) return file;
  } catch (error) {
    // The parser's message goes on with a picture of the place, behind a colon.
    const [line = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new KubeconfigError(`${path}: is not YAML: ${line.replace(/:$/, '')}`, { cause: error });
  }
  throw new KubeconfigError(`${path}: is not a kubeconfig`);
}

function chooseContext(file: JsonObject, contextName: string | undefined): JsonObject {
  const name = contextName ?? optionalString(file, 'current-context', '');
  if (name === undefined) throw new FieldError('current-context is not set, and no context was named');
  return entry(file, 'contexts', 'context', name);
}

/** The `key` object of the entry called `name` in one of the file's three lists. */
function entry(file: JsonObject, list: string, key: string, name: string): JsonObject {
  const entries = items(file, list, '', (item) => item);
  const found = entries.find((item) => item.name === name);
  if (found === undefined) {
    const known = entries.map((item) => String(item.name)).join(', ');
    throw new FieldError(`${list} has no "${name}"${known === '' ? '' : ` (it has ${known})`}`);
  }
  return optionalObject(found, key, `${list}[${name}]`) ?? {};
}

function connectionOf(file: JsonObject, context: JsonObject, path: string): Connection {
  const clusterName = optionalString(context, 'cluster', 'context');
  if (clusterName === undefined) throw new FieldError('the context names no cluster');
  const cluster = entry(file, 'clusters', 'cluster', clusterName);
  const clusterField = `clusters[${clusterName}]`;
  const userName = optionalString(context, 'user', 'context');
  const user = userName === undefined ? {} : entry(file, 'users', 'user', userName);
  const userField = `users[${userName ?? ''}]`;
  refusePlugins(user, userField);
  const server = serverUrl(cluster, clusterField);
  return {
    server,
    namespace: optionalString(context, 'namespace', 'context') ?? 'default',
    origin: `${path} (${server.origin})`,
    tls: tlsSource(cluster, clusterField, user, userField, path),
    authorization: tokenSource(user, userField, path),
    refresh: async () => undefined,
  };
}

function serverUrl(cluster: JsonObject, field: string): URL {
  const server = optionalString(cluster, 'server', field);
  if (server === undefined) throw new FieldError(`${field}.server is missing`);
  const url = URL.parse(server);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new FieldError(`${field}.server: ${server} is not an http or https URL`);
  }
  if (optionalString(cluster, 'proxy-url', field) !== undefined) {
    throw new FieldError(`${field}.proxy-url: proxies are not supported`);
  }
  return url;
}

function refusePlugins(user: JsonObject, field: string): void {
  const supported = 'supported are client certificates, tokens and token files';
  const exec = optionalObject(user, 'exec', field);
  if (exec !== undefined) {
    const command = optionalString(exec, 'command', `${field}.exec`) ?? '(no command)';
    throw new FieldError(`${field}.exec: the credential plugin ${command} is not supported; ${supported}`);
  }
  const provider = optionalObject(user, 'auth-provider', field);
  if (provider !== undefined) {
    const name = optionalString(provider, 'name', `${field}.auth-provider`) ?? '(no name)';
    throw new FieldError(`${field}.auth-provider: ${name} is not supported; ${supported}`);
  }
  if (optionalString(user, 'username', field) !== undefined) {
    throw new FieldError(`${field}.username: passwords are not supported; ${supported}`);
  }
}

function tlsSource(
  cluster: JsonObject,
  clusterField: string,
  user: JsonObject,
  userField: string,
  path: string,
): () => Promise<TlsMaterial> {
  const ca = pemSource(cluster, clusterField, 'certificate-authority', path);
  const certificate = pemSource(user, userField, 'client-certificate', path);
  const key = pemSource(user, userField, 'client-key', path);
  const serverName = optionalString(cluster, 'tls-server-name', clusterField);
  const insecureSkipVerify = optionalBoolean(cluster, 'insecure-skip-tls-verify', clusterField) ?? false;
  if (hasPem(user, userField, 'client-certificate') !== hasPem(user, userField, 'client-key')) {
    throw new FieldError(`${userField}: client-certificate and client-key belong together; one is missing`);
  }
  return async () => ({
    ca: await ca(),
    certificate: await certificate(),
    key: await key(),
    serverName,
    insecureSkipVerify,
  });
}

/** `FIELD-data` holds it in base64, and wins over `FIELD`, which names a file; as in client-go. */
function pemSource(parent: JsonObject, field: string, key: string, path: string): PemSource {
  const data = optionalString(parent, `${key}-data`, field);
  if (data !== undefined) {
    const pem = Buffer.from(data, 'base64').toString('utf8');
    if (!pem.includes('-----BEGIN')) throw new FieldError(`${field}.${key}-data is not PEM in base64`);
    return async () => pem;
  }
  const file = optionalString(parent, key, field);
  if (file === undefined) return async () => undefined;
  return () => readCredentialFile(beside(path, file), `${path}: ${field}.${key}`);
}

function hasPem(parent: JsonObject, field: string, key: string): boolean {
  return (optionalString(parent, `${key}-data`, field) ?? optionalString(parent, key, field)) !== undefined;
}

/** A file wins over a token in the kubeconfig itself, which it may have outlived; as in client-go. */
function tokenSource(user: JsonObject, field: string, path: string): () => Promise<string | undefined> {
  const file = optionalString(user, 'tokenFile', field);
  if (file !== undefined) return () => readBearerToken(beside(path, file), `${path}: ${field}.tokenFile`);
  const token = optionalString(user, 'token', field);
  const header = token === undefined ? undefined : bearer(token, `${path}: ${field}.token`);
  return async () => header;
}

/** Paths in a kubeconfig are relative to it. */
function beside(kubeconfig: string, file: string): string {
  return isAbsolute(file) ? file : resolve(dirname(kubeconfig), file);
}
