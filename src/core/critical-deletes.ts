/**
 * Owns the back-off of our deletes: when the next pod of a singleton may be deleted by the critical-container rule, and
 * when the next one that is alive but not Ready may be fenced.
 * Must not count anything itself: the counts come with the view.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';

/** How often pods of one singleton went by our hand or with a dead critical container. A new pod does not reset it. */
export interface CriticalDeletes {
  /** Such pods that are gone, within one bout of crashes. */
  readonly count: number;
  /** When the last of them went. */
  readonly lastAt: MonotonicMs | undefined;
  /** When a critical container was last seen to end, deleted or not: the bout goes on. */
  readonly lastDeathAt: MonotonicMs | undefined;
}

export const noCriticalDeletes: CriticalDeletes = { count: 0, lastAt: undefined, lastDeathAt: undefined };

export type DeletePermission =
  | { readonly kind: 'now' }
  | { readonly kind: 'held-back'; readonly until: MonotonicMs }
  /** The back-off has reached its end: the kubelet's own restarts are left alone. A fence may still follow at `until`. */
  | { readonly kind: 'stopped'; readonly until: MonotonicMs };

/** 0, 1, 2, 4 … 256, 300 s after the one before; after the last of these, no more. */
export function permitDelete(deletes: CriticalDeletes, now: MonotonicMs): DeletePermission {
  if (deletes.lastAt === undefined || boutIsOver(deletes, now)) return { kind: 'now' };
  const delayMs = delayBeforeDelete(deletes.count);
  if (delayMs === undefined) {
    return { kind: 'stopped', until: after(deletes.lastAt, limits.criticalDeleteDelayMsMax) };
  }
  const until = after(deletes.lastAt, delayMs);
  return until <= now ? { kind: 'now' } : { kind: 'held-back', until };
}

/** Takes in that a pod with a dead critical container is gone. */
export function countDelete(deletes: CriticalDeletes, now: MonotonicMs): CriticalDeletes {
  const count = boutIsOver(deletes, now) ? 1 : deletes.count + 1;
  return { count, lastAt: now, lastDeathAt: deletes.lastDeathAt };
}

/** Takes in that a critical container was seen to end. */
export function countDeath(deletes: CriticalDeletes, now: MonotonicMs): CriticalDeletes {
  const bout = boutIsOver(deletes, now) ? noCriticalDeletes : deletes;
  return { ...bout, lastDeathAt: now };
}

/** Undefined once the delays are used up. `count` deletes have been made in this bout. */
function delayBeforeDelete(count: number): number | undefined {
  if (count <= 0) return 0;
  const doubledMs = 1_000 * 2 ** (count - 1);
  if (doubledMs <= limits.criticalDeleteDelayMsMax) return doubledMs;
  return doubledMs / 2 < limits.criticalDeleteDelayMsMax ? limits.criticalDeleteDelayMsMax : undefined;
}

function boutIsOver(deletes: CriticalDeletes, now: MonotonicMs): boolean {
  const last = Math.max(deletes.lastAt ?? 0, deletes.lastDeathAt ?? 0);
  const none = deletes.lastAt === undefined && deletes.lastDeathAt === undefined;
  return none || now - last >= limits.criticalBoutResetMs;
}
