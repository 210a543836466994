/**
 * Owns the store that the applications write to: it takes an epoch with each write, and rejects one below the highest.
 * Must not know who is active.
 */
import type { Clock, Random } from '../../src/time/clock.ts';

export interface StoredWrite {
  readonly atMs: number;
  readonly singleton: string;
  readonly epoch: number;
  readonly podUid: string;
  readonly podName: string;
  readonly isAccepted: boolean;
}

/** From an application to the store: long enough for a write to arrive after its writer was replaced. */
const wayMsMax = 20;

export class FencedStore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #highest = new Map<string, number>();
  readonly writes: StoredWrite[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  write(
    from: { readonly singleton: string; readonly podUid: string; readonly podName: string },
    epoch: number,
  ): void {
    this.#clock.schedule(this.#random.fraction() * wayMsMax, () => {
      const { singleton, podUid, podName } = from;
      const highest = this.#highest.get(singleton) ?? 0;
      const isAccepted = epoch >= highest;
      if (isAccepted) this.#highest.set(singleton, epoch);
      this.writes.push({ atMs: this.#clock.now(), singleton, epoch, podUid, podName, isAccepted });
    });
  }
}
