/**
 * Owns simulated time: a clock that moves only when told to, and a seeded random source.
 * Must not touch real time; the one macrotask it waits for lets promise chains settle between two timers.
 */
import type { Clock, MonotonicMs, Random, Timer } from './clock.ts';

/** Taken before anything could forbid or replace it. */
const macrotask = setImmediate;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Timers run in order of time, then of scheduling; promise chains settle before the next one runs. */
export class SimulatedClock implements Clock {
  readonly #wallStartMs: number;
  #now = 0;
  #order = 0;
  #entries: Entry[] = [];

  constructor(wallStartMs = Date.UTC(2026, 0, 1)) {
    this.#wallStartMs = wallStartMs;
  }

  now(): MonotonicMs {
    return this.#now as MonotonicMs;
  }

  wallTimeMs(): number {
    return this.#wallStartMs + this.#now;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    let index = this.#entries.length;
    while (index > 0 && comesAfter(this.#entries[index - 1], entry)) index--;
    this.#entries.splice(index, 0, entry);
    return {
      cancel: () => {
        const found = this.#entries.indexOf(entry);
        if (found >= 0) this.#entries.splice(found, 1);
      },
    };
  }

  /** Moves time forward by `durationMs`, running every timer that falls due on the way. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await settle();
    for (;;) {
      const next = this.#entries[0];
      if (next === undefined || next.at > end) break;
      await this.#runNext(next);
    }
    this.#now = end;
    await settle();
  }

  /** Moves time forward until `condition` holds. Fails when it does not within `withinMs` of simulated time. */
  async advanceUntil(condition: () => boolean, withinMs: number, what = 'condition'): Promise<void> {
    const end = this.#now + withinMs;
    await settle();
    while (!condition()) {
      const next = this.#entries[0];
      if (next === undefined || next.at > end) {
        throw new Error(`${what}: not reached within ${withinMs} ms of simulated time`);
      }
      await this.#runNext(next);
    }
  }

  async #runNext(entry: Entry): Promise<void> {
    this.#entries.shift();
    this.#now = Math.max(this.#now, entry.at);
    entry.run();
    await settle();
  }
}

function comesAfter(left: Entry | undefined, right: Entry): boolean {
  return left !== undefined && left.at > right.at;
}

function settle(): Promise<void> {
  return new Promise((resolve) => {
    macrotask(resolve);
  });
}

/** A small, fast generator (mulberry32): the same seed gives the same sequence everywhere. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}
