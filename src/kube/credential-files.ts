/**
 * Owns reading credentials from files, and the error that names the file and what it was for.
 * Must not cache: files are replaced while we run.
 */
import { readFile } from 'node:fs/promises';

/** What is wrong with a kubeconfig or with the files it names: one line, with file and field. */
export class KubeconfigError extends Error {
  readonly code = 'KUBECONFIG_INVALID';
  readonly retry = 'never';

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'KubeconfigError';
  }
}

/** The file's text. `purpose` says what it is, such as `users[admin].tokenFile`. */
export async function readCredentialFile(path: string, purpose: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, purpose, error);
  }
}

/** The Authorization header for the token in a file. */
export async function readBearerToken(path: string, purpose: string): Promise<string> {
  return bearer((await readCredentialFile(path, purpose)).trim(), `${purpose}: ${path}`);
}

/** The Authorization header for a token. `origin` says where it comes from. */
export function bearer(token: string, origin: string): string {
  // RFC 6750 §2.1 allows less; what matters is that it can be sent in a header at all.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new KubeconfigError(`${origin} holds no token`);
  return `Bearer ${token}`;
}

function unreadable(path: string, purpose: string, cause: unknown): KubeconfigError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
  const reason =
    code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `can't be read (${code})`;
  return new KubeconfigError(`${purpose}: ${path} ${reason}`, { cause });
}
