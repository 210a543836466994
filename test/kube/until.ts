/**
 * Owns waiting for a condition with a deadline, the only way in which these tests wait.
 * Must not be used where simulated time would do.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves once `condition` holds; fails after `withinMs`, saying `what` did not come about. */
export async function until(condition: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(2);
  }
}
