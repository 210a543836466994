/**
 * Owns the story of one run: what happened when, as lines of text, and the hash of them.
 * Must not judge, and must not keep what no reader of a failing seed needs.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Clock } from '../../src/time/clock.ts';

export class Journal {
  readonly #clock: Clock;
  readonly #keeps: boolean;
  readonly #hash: Hash = createHash('sha256');
  readonly lines: string[] = [];

  /** `keeps`: the lines themselves, too, for whoever reads them. */
  constructor(clock: Clock, keeps: boolean) {
    this.#clock = clock;
    this.#keeps = keeps;
  }

  /** `who` and `what` are one line. */
  write(who: string, what: string): void {
    const line = `${this.#clock.now().toFixed(3).padStart(12)}  ${who.padEnd(14)} ${what}`;
    this.#hash.update(line).update('\n');
    if (this.#keeps) this.lines.push(line);
  }

  /** Of all lines so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
