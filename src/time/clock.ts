/**
 * Owns the two inputs that make a run repeatable: the clock and the random source.
 * Must not read either of them: real ones live in real-clock.ts, simulated ones in simulated-clock.ts.
 */

/** Milliseconds on a clock that never goes back. Comparable only with values of the same clock. */
export type MonotonicMs = number & { readonly unit: 'MonotonicMs' };

/** A pending call that can be taken back. Cancelling twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

/** What the program knows of time. Every deadline, lease and back-off in it goes through this port. */
export interface Clock {
  /** Monotonic time, with fractions of a millisecond. */
  now(): MonotonicMs;
  /** Wall-clock time in ms since 1970: for people and for Kubernetes timestamps, never for a deadline. */
  wallTimeMs(): number;
  /** Calls `run` once, `delayMs` from now (at once means: in a later turn, never inside this call). */
  schedule(delayMs: number, run: () => void): Timer;
}

/** A source of random numbers, for jitter only: nothing that must be unguessable is drawn from it. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
}

/** The moment `durationMs` after `moment`. */
export function after(moment: MonotonicMs, durationMs: number): MonotonicMs {
  return (moment + durationMs) as MonotonicMs;
}

/** Resolves `delayMs` from now on the given clock. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}
