/**
 * Owns the process's real clock and random source, the only place that reads them.
 * Must not be imported by anything that also runs in the simulation.
 */
import type { Clock, MonotonicMs, Random } from './clock.ts';

/** The machine's clock. Its timers keep the process alive, as setTimeout's do. */
export const realClock: Clock = {
  now: () => performance.now() as MonotonicMs,
  wallTimeMs: () => Date.now(),
  schedule(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Not for secrets: it only spreads retries. */
export const realRandom: Random = { fraction: () => Math.random() };
