/**
 * Owns when a tripwire dials: at once, or after a delay that grows.
 * Must not know why: whoever asks has counted.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import type { TripwireContext, TripwireMachine } from './tripwire-machine.ts';

export function dialAt(machine: TripwireMachine, at: MonotonicMs, now: MonotonicMs): TripwireMachine {
  return at <= now
    ? { ...machine, dials: machine.dials + 1, phase: { kind: 'dialing', since: now } }
    : { ...machine, phase: { kind: 'waiting', dialAt: at } };
}

/** After an attempt that did not end in a connection. */
export function retry(machine: TripwireMachine, { now, random, limits }: TripwireContext): TripwireMachine {
  const delayMs = Math.min(limits.retryMsMax, limits.retryMsMin * 2 ** (machine.failures - 1));
  return dialAt(machine, after(now, jittered(delayMs, random.fraction())), now);
}

/** At once, so that a death is seen at once; but not again and again. */
export function reconnectDelayMs(
  { shortLives }: TripwireMachine,
  { random, limits }: TripwireContext,
): number {
  const paced = shortLives - limits.shortLivesFree;
  if (paced <= 0) return 0;
  return jittered(
    Math.min(limits.reconnectMsMax, limits.reconnectMsMin * 2 ** (paced - 1)),
    random.fraction(),
  );
}

/** Half of the delay is left to chance, so that many that failed together do not come back together. */
function jittered(delayMs: number, fraction: number): number {
  return delayMs * (0.5 + 0.5 * fraction);
}
