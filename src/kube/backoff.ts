/**
 * Owns how long to wait before the next try.
 * Must not count the tries: whoever knows what failed does.
 */
import type { Random } from '../time/clock.ts';
import { RETRY_AFTER_MAX_MS } from './limits.ts';

export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** For a peer that was there a moment ago: at once, then doubling, between half of the step and the whole. */
export function reconnectDelayMs(backoff: Backoff, failures: number, random: Random): number {
  if (failures <= 1) return 0;
  return step(backoff, failures - 1) * (0.5 + random.fraction() / 2);
}

/**
 * For a server that said no: what it asked for, plus up to a fifth so that clients don't return in step;
 * else full jitter (anything up to the step), so that they spread.
 */
export function refusalDelayMs(
  backoff: Backoff,
  failures: number,
  retryAfterMs: number | undefined,
  random: Random,
): number {
  if (retryAfterMs !== undefined) {
    return Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) * (1 + random.fraction() / 5);
  }
  return step(backoff, failures) * random.fraction();
}

function step(backoff: Backoff, failures: number): number {
  // Beyond 2^20 the cap has long been reached; the bound keeps the power finite.
  return Math.min(backoff.capMs, backoff.firstMs * 2 ** Math.min(failures - 1, 20));
}
