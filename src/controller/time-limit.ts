/**
 * Owns the limit of a wait.
 * Must not end what is waited for.
 */
import type { Clock, Timer } from '../time/clock.ts';

/** Waits for `work`, but not longer; what it waits with is gone afterwards. */
export async function within(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<void> {
  let timer: Timer | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = clock.schedule(limitMs, resolve);
  });
  await Promise.race([work, limit]);
  timer?.cancel();
}
