/**
 * Owns the plan for a record that is made because the mode has changed: it begins with whom the retired one named last.
 * Must not choose a member on other grounds than a failover would: what that holder may still do is not over.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { Assessed } from './choose.ts';
import type { Because } from './decision.ts';
import { stateOfHolder } from './holder.ts';
import { grantRole, type Plan } from './plan.ts';
import { planFailover } from './plan-failover.ts';
import type { Holder, RecordWrite } from './record.ts';
import type { SingletonView } from './view.ts';

/** Undefined where no retired record says who held last. */
export function planInheritance(
  view: SingletonView,
  assessed: readonly Assessed[],
  base: RecordWrite['base'],
  now: MonotonicMs,
): Plan | undefined {
  const holder = lastHolder(view);
  if (holder === undefined) return undefined;
  const state = stateOfHolder(holder, view, assessed);
  if (state.kind === 'failed') return planFailover(view, base, state, assessed, now);
  const sentence = `the mode has changed; ${holder.name} held the role and keeps it`;
  const because: Because = { code: 'RecognisedHolder', sentence };
  return grantRole({ view, base, member: state.member, because, fences: [] });
}

/** Of two retired records the later one; none where a later epoch is known of: then somebody else has held since. */
export function lastHolder({ record, otherRecord, highestEpoch }: SingletonView): Holder | undefined {
  const retired = [record, otherRecord].filter((one) => one.kind === 'retired');
  const latest = retired.sort((left, right) => right.epoch - left.epoch)[0];
  return latest !== undefined && latest.epoch >= highestEpoch ? latest.holder : undefined;
}
