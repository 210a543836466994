/**
 * Owns reading the API server's audit log: what an account has asked for since a mark.
 * Must not hold the whole log: it is read from the mark on, and lines of other accounts are dropped.
 */
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type AuditEntry, decodeAuditEntry } from './decode-audit-event.ts';

/** Of a ServiceAccount, as the API server names it. */
export function accountName(namespace: string, serviceAccount: string): string {
  return `system:serviceaccount:${namespace}:${serviceAccount}`;
}

export class AuditLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** How long it is now. */
  mark(): number {
    return statSync(this.#path).size;
  }

  /** One entry for each request of these accounts that was answered (a watch: that began) since the mark. */
  async since(mark: number, users: readonly string[]): Promise<readonly AuditEntry[]> {
    const entries = new Map<string, AuditEntry>();
    const until = this.mark();
    if (until <= mark) return [];
    const input = createReadStream(this.#path, { start: mark, end: until - 1, encoding: 'utf8' });
    for await (const line of createInterface({ input })) {
      // Most lines are other accounts': a look at the text saves reading them.
      if (!users.some((user) => line.includes(user))) continue;
      const entry = readEntry(line);
      if (entry !== undefined && users.includes(entry.user) && entry.stage.startsWith('Response'))
        entries.set(entry.id, entry);
    }
    return [...entries.values()].toSorted((left, right) => left.receivedAtMs - right.receivedAtMs);
  }
}

/** Undefined for the first and the last line, which the mark may have cut. */
function readEntry(line: string): AuditEntry | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  return decodeAuditEntry(raw);
}
