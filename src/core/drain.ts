/**
 * Owns how long the drain of the active's node is held up, where nobody can follow it.
 * Must not move the role: as soon as somebody can follow, the cordon does (plan-switchover.ts).
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import { isEligible } from './choose.ts';
import type { JudgedMember } from './decision.ts';
import type { SingletonView } from './view.ts';

export type Drain =
  /** No node of an active is being emptied, or somebody can follow it. */
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly until: MonotonicMs }
  /** It was held up for long enough: the active may be evicted. */
  | { readonly kind: 'let-through'; readonly sentence: string };

const none: Drain = { kind: 'none' };

/** `judged`: of all members, as the decision on this view has them. */
export function drainOf(
  view: SingletonView,
  judged: readonly JudgedMember[],
  timeoutMs: number,
  now: MonotonicMs,
): Drain {
  const { record, members } = view;
  const holder = record.kind === 'present' ? record.holder : undefined;
  const active = members.find(({ uid }) => uid === holder?.uid);
  if (active?.cordonedAt === undefined || active.leaving !== undefined) return none;
  const canFollow = members.some((member) => {
    const judgement = judged.find(({ uid }) => uid === member.uid)?.judgement;
    return member.uid !== active.uid && judgement !== undefined && isEligible({ member, judgement });
  });
  if (canFollow) return none;
  const until = after(active.cordonedAt, timeoutMs);
  if (now < until) return { kind: 'held', until };
  const seconds = Math.round(timeoutMs / 1_000);
  const sentence = `nobody is fit to follow ${active.name}: the drain of ${active.node ?? 'its node'} was held up for ${seconds} s, and is let through now`;
  return { kind: 'let-through', sentence };
}
