/**
 * Owns how long the drain of the active's node is held up, where nobody follows it: nobody is fit, or their nodes are emptied
 * too, or it is paused.
 * Must not move the role: as soon as somebody can follow, the cordon does (plan-switchover.ts).
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import type { SingletonView } from './view.ts';

export type Drain =
  /** No node of an active is being emptied. Where somebody can follow it, it is not the active for long. */
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly until: MonotonicMs }
  /** It was held up for long enough: the active may be evicted. */
  | { readonly kind: 'let-through'; readonly sentence: string };

const none: Drain = { kind: 'none' };

export function drainOf({ record, members }: SingletonView, timeoutMs: number, now: MonotonicMs): Drain {
  const holder = record.kind === 'present' ? record.holder : undefined;
  const active = members.find(({ uid }) => uid === holder?.uid);
  if (active?.cordonedAt === undefined || active.leaving !== undefined) return none;
  const until = after(active.cordonedAt, timeoutMs);
  if (now < until) return { kind: 'held', until };
  const seconds = Math.round(timeoutMs / 1_000);
  const sentence = `nobody has followed ${active.name}: the drain of ${active.node ?? 'its node'} was held up for ${seconds} s, and is let through now`;
  return { kind: 'let-through', sentence };
}
