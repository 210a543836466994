/**
 * Owns the waiting between restarts of a container or tries of an image: at once, then 10 s, 20 s ... 300 s.
 * Pure: the time is an input. (client-go util/flowcontrol/backoff.go as kubelet uses it: a crash within the wait that
 * the last one earned is held back until that wait, counted from the crash, is over.)
 */
import { after, type MonotonicMs } from '../../time/clock.ts';
import { RESTART_BACKOFF_FIRST_MS, RESTART_BACKOFF_MAX_MS, RESTART_BACKOFF_RESET_MS } from './limits.ts';

export interface RestartBackoff {
  /** What the next failure has to wait for, in ms. */
  readonly nextDelayMs: number;
  readonly grantedAt: MonotonicMs | undefined;
}

export const freshBackoff: RestartBackoff = { nextDelayMs: 0, grantedAt: undefined };

/** When something that failed at `failedAt` may be tried again, and how long the wait after that is: both in ms. */
export function restartDelay(
  backoff: RestartBackoff,
  failedAt: MonotonicMs,
): { readonly startAt: MonotonicMs; readonly delayMs: number } {
  const current = isForgotten(backoff, failedAt) ? freshBackoff : backoff;
  return { startAt: after(failedAt, current.nextDelayMs), delayMs: current.nextDelayMs };
}

/** The state after a restart at `now`: the next one waits twice as long. */
export function restarted(backoff: RestartBackoff, now: MonotonicMs): RestartBackoff {
  const current = isForgotten(backoff, now) ? freshBackoff : backoff;
  const doubled = current.nextDelayMs === 0 ? RESTART_BACKOFF_FIRST_MS : current.nextDelayMs * 2;
  return { nextDelayMs: Math.min(doubled, RESTART_BACKOFF_MAX_MS), grantedAt: now };
}

function isForgotten(backoff: RestartBackoff, now: MonotonicMs): boolean {
  return backoff.grantedAt !== undefined && now - backoff.grantedAt > RESTART_BACKOFF_RESET_MS;
}
