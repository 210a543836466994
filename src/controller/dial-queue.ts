/**
 * Owns how many dials begin in one turn of the event loop: when thousands are due at once, API answers come between.
 * Must not delay a lone one.
 */
import type { Clock, Timer } from '../time/clock.ts';

export interface DialQueueOptions {
  readonly clock: Clock;
  readonly dialsPerTurnMax: number;
}

export class DialQueue {
  readonly #options: DialQueueOptions;
  /** By singleton, which has one socket at most: bounded as those are. */
  readonly #waiting = new Map<string, () => void>();
  #begunInTurn = 0;
  #nextTurn: Timer | undefined;

  constructor(options: DialQueueOptions) {
    this.#options = options;
  }

  /** Calls `dial` at once, or in one of the next turns. */
  add(key: string, dial: () => void): void {
    if (this.#begunInTurn < this.#options.dialsPerTurnMax) this.#begin(dial);
    else this.#waiting.set(key, dial);
  }

  /** Of a singleton that does not wait: does nothing. */
  remove(key: string): void {
    this.#waiting.delete(key);
  }

  stop(): void {
    this.#waiting.clear();
    this.#nextTurn?.cancel();
  }

  #begin(dial: () => void): void {
    this.#begunInTurn++;
    this.#nextTurn ??= this.#options.clock.schedule(0, () => this.#turn());
    dial();
  }

  #turn(): void {
    this.#nextTurn = undefined;
    this.#begunInTurn = 0;
    for (const [key, dial] of this.#waiting) {
      if (this.#begunInTurn >= this.#options.dialsPerTurnMax) return;
      this.#waiting.delete(key);
      this.#begin(dial);
    }
  }
}
