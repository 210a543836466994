/**
 * Owns the difference between the active controller and the others: the others act a moment later, if it is still due.
 * Must not weigh the decision itself: every controller decides, and the compare-and-swap makes a race harmless.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import type { Decision, Effect } from './decision.ts';
import { limits } from './limits.ts';

export type ControllerRole = 'active' | 'backup';

/** A need that a backup has seen and leaves to the active controller for now. */
export interface PendingNeed {
  /** What is due: as long as it stays the same, the active controller has not met it. */
  readonly need: string;
  readonly since: MonotonicMs;
}

export type HoldBack =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'act' }
  | { readonly kind: 'wait'; readonly pending: PendingNeed; readonly until: MonotonicMs };

/** Whether a controller in this role may carry out the decision now. */
export function holdBack(
  role: ControllerRole,
  decision: Pick<Decision, 'effects'>,
  pending: PendingNeed | undefined,
  now: MonotonicMs,
): HoldBack {
  if (decision.effects.length === 0) return { kind: 'nothing' };
  if (role === 'active') return { kind: 'act' };
  const need = needOf(decision);
  const since = pending?.need === need ? pending.since : now;
  const until = after(since, limits.backupDelayMs);
  return until <= now ? { kind: 'act' } : { kind: 'wait', pending: { need, since }, until };
}

/** Names what is due without what changes by itself (versions), so that one need is recognised as the same. */
function needOf({ effects }: Pick<Decision, 'effects'>): string {
  // A new holder is the need, whatever else is due beside it: labels that somebody keeps changing must not delay it.
  const writes = effects.filter((effect) => effect.kind === 'write-record');
  return (writes.length > 0 ? writes : effects).map(nameOf).join('; ');
}

function nameOf(effect: Effect): string {
  switch (effect.kind) {
    case 'write-record':
      return `write-record ${effect.write.holder.uid} ${effect.write.epoch}`;
    case 'note-end':
      return `note-end ${effect.write.holder.uid}`;
    case 'write-traffic':
      return `write-traffic ${effect.write.epoch} ${effect.write.serving}`;
    case 'touch-traffic':
      return `touch-traffic ${effect.write.epoch}`;
    case 'retire-record':
      return 'retire-record';
    case 'follow-record':
      return `follow-record ${effect.epoch}`;
    case 'withdraw-traffic':
      return 'withdraw-traffic';
    case 'delete-pod':
      return `delete-pod ${effect.pod.uid}`;
    case 'label-pod':
      return `label-pod ${effect.pod.uid} ${effect.role} ${effect.epoch}`;
    case 'tell-pod':
      return `tell-pod ${effect.incarnation} ${effect.role} ${effect.epoch}`;
  }
}
