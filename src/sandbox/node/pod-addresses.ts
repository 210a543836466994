/**
 * Owns the pod addresses of one node: .2 to .254 behind its prefix, each used again as late as possible,
 * so that a client that still knows the old pod's address meets nobody there.
 */
const FIRST = 2;
const LAST = 254;

export class PodAddresses {
  readonly #prefix: string;
  readonly #taken = new Map<string, number>();
  #next = FIRST;

  /** `prefix`: the first three numbers, "127.10.1". */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Undefined: all are taken. */
  take(owner: string): string | undefined {
    const used = new Set(this.#taken.values());
    for (let tried = FIRST; tried <= LAST; tried++) {
      const candidate = this.#next;
      this.#next = candidate === LAST ? FIRST : candidate + 1;
      if (used.has(candidate)) continue;
      this.#taken.set(owner, candidate);
      return `${this.#prefix}.${candidate}`;
    }
    return undefined;
  }

  release(owner: string): void {
    this.#taken.delete(owner);
  }
}
