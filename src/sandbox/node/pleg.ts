/**
 * Owns the lateness with which a node notices what its containers did: a real kubelet lists them once a second
 * (the pod lifecycle event generator, PLEG), so that an exit is seen 0 to 1 s after it happened, and never sooner.
 * Must not know what is listed.
 */
import type { Clock, MonotonicMs, Random } from '../../time/clock.ts';
import { PLEG_RELIST_PERIOD_MS } from './limits.ts';

export type PlegMode = 'real' | 'instant';

export interface Pleg {
  /** Calls `run` at the next listing: with `instant` as soon as the caller has returned, without a timer. */
  atNextRelist(run: () => void): void;
  close(): void;
}

export function createPleg(mode: PlegMode, clock: Clock, random: Random): Pleg {
  return mode === 'instant' ? instantPleg : new PeriodicPleg(clock, random);
}

const instantPleg: Pleg = {
  atNextRelist: (run) => void Promise.resolve().then(run),
  close: () => {},
};

/** One listing for all pods of the node, at a fixed phase; no timer runs while nobody waits for one. */
class PeriodicPleg implements Pleg {
  readonly #clock: Clock;
  readonly #phaseMs: number;
  readonly #startedAt: MonotonicMs;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#phaseMs = random.fraction() * PLEG_RELIST_PERIOD_MS;
  }

  atNextRelist(run: () => void): void {
    this.#waiting.push(run);
    if (this.#waiting.length > 1) return;
    const sinceRelist = (this.#clock.now() - this.#startedAt + this.#phaseMs) % PLEG_RELIST_PERIOD_MS;
    this.#clock.schedule(PLEG_RELIST_PERIOD_MS - sinceRelist, () => this.#relist());
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #relist(): void {
    if (this.#closed) return;
    for (const run of this.#waiting.splice(0)) run();
  }
}
