/**
 * Owns waiting for what a cluster does in its own time: asked again and again, with a deadline.
 * Must not be used where a watch tells the same: between two looks something may come and go.
 */
import { setTimeout as pause } from 'node:timers/promises';

const intervalMs = 50;

/** What `ask` resolves to once that is not undefined; `what` names it when it does not come about. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  withinMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(intervalMs);
  }
}
