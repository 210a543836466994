/**
 * Owns the decision: what to do about one singleton, from a view of it and the time alone.
 * Must not read anything else: same view and time, same decision, whichever controller asks and whatever woke it.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { Assessed } from './choose.ts';
import { isCondemned, runsAgain } from './critical-death.ts';
import { permitDelete } from './critical-deletes.ts';
import type { Because, Decision, PodReference } from './decision.ts';
import { type HolderState, stateOfHolder } from './holder.ts';
import { judge } from './judge.ts';
import { limits } from './limits.ts';
import { incarnationOf, type Member } from './member.ts';
import { nothingToDo, type Plan } from './plan.ts';
import { planElection, planHigherEpoch } from './plan-election.ts';
import { planFailover } from './plan-failover.ts';
import { lastHolder, planInheritance } from './plan-inheritance.ts';
import { planRetirement } from './plan-retirement.ts';
import { answerTo, planReturn, planSwitchover } from './plan-switchover.ts';
import { withTraffic } from './plan-traffic.ts';
import { planUpkeep } from './plan-upkeep.ts';
import type { PresentRecord, RecordView, RecordWrite } from './record.ts';
import type { SingletonView } from './view.ts';

/** Judges every member, then plans: an election, a failover, or the upkeep beside a healthy holder. */
export function decide(view: SingletonView, now: MonotonicMs): Decision {
  const assessed = assess(view, now);
  const judged = assessed.map(({ member: { uid, name }, judgement }) => ({ uid, name, judgement }));
  const obstacle = findObstacle(view);
  const plan = obstacle === undefined ? planFor(view, assessed, now) : nothingToDo(obstacle);
  const { answer, ...chosen } = view.settings.paused ? withheld(plan, view) : plan;
  return { ...chosen, judged, answer };
}

function assess(view: SingletonView, now: MonotonicMs): readonly Assessed[] {
  const permission = permitDelete(view.criticalDeletes, now);
  return view.members.map((member) => {
    const condemned = isCondemned(member, permission, now) && !wasChosenSince(member, view.record);
    return { member, judgement: judge(member, condemned) };
  });
}

/** The role was given to the very life that runs now: the death was of another one, and is forgiven. */
function wasChosenSince(member: Member, record: RecordView): boolean {
  if (record.kind !== 'present' || record.holder?.uid !== member.uid) return false;
  return record.holder.incarnation === incarnationOf(member) && runsAgain(member);
}

function planFor(view: SingletonView, assessed: readonly Assessed[], now: MonotonicMs): Plan {
  const { record, otherRecord } = view;
  if (record.kind !== 'present' || record.holder === undefined) {
    // Two records must not name a holder: the other one gives way first.
    if (otherRecord.kind === 'present') return planRetirement(otherRecord);
    const inherited = planInheritance(view, assessed, baseOf(record), now);
    if (inherited === undefined) return planElection(view, assessed, baseOf(record), now);
    // What was left behind a moment after a move may lead to whoever had the role before that.
    return waitForOthers(inherited, view, lastHolder(view), isFresh(view, now)) ?? inherited;
  }
  const state = stateOfHolder(record.holder, view, assessed);
  const plan = planForHolder(view, record, state, assessed, now);
  // It takes two round trips: no write to the slice for that.
  return waitForOthers(plan, view, record.holder) ?? withTraffic(plan, view, record, assessed, now);
}

/** The role moves once nobody else's endpoints lead to whoever has it: else the Service would lead to two. */
function waitForOthers(
  plan: Plan,
  { othersMayLead, settings }: SingletonView,
  holder: PodReference | undefined,
  hasJustMoved = false,
): Plan | undefined {
  const isMove = plan.effects.some(
    (effect) => effect.kind === 'write-record' && (hasJustMoved || effect.write.holder.uid !== holder?.uid),
  );
  if (!isMove || !othersMayLead || settings.paused) return undefined;
  const sentence = `${plan.because.sentence}, once the endpoints are gone that Kubernetes may have left behind`;
  return nothingToDo({ code: 'EndpointsLeft', sentence }, holder);
}

/** The slice controller may not have followed yet to whoever has the role. */
function isFresh({ epochSeenAt }: SingletonView, now: MonotonicMs): boolean {
  return epochSeenAt !== undefined && now - epochSeenAt < limits.slicesFollowMs;
}

function baseOf(record: RecordView): RecordWrite['base'] {
  const isThere = record.kind === 'present' || record.kind === 'retired';
  return isThere ? { kind: 'replace', resourceVersion: record.resourceVersion } : { kind: 'create' };
}

function planForHolder(
  view: SingletonView,
  record: PresentRecord,
  state: HolderState,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Plan {
  if (state.kind === 'failed') return planFailover(view, baseOf(record), state, assessed, now);
  if (view.otherRecord.kind === 'present') return planRetirement(view.otherRecord);
  const { member } = state;
  if (view.highestEpoch > record.epoch) return planHigherEpoch(view, record, member);
  const moved = planSwitchover(view, record, member, assessed, now) ?? planReturn(view, record, member);
  const answer = answerTo(view, record, member, assessed);
  return { ...(moved ?? planUpkeep(view, record, member, assessed, now)), answer };
}

/** Why nothing may be decided at all: the picture is incomplete, old, or behind the record. */
function findObstacle(view: SingletonView): Because | undefined {
  const { sight, record } = view;
  if (sight.kind === 'blind') {
    const code = sight.because === 'not-synced' ? 'NotSynced' : 'Blind';
    return { code, sentence: blindSentences[sight.because] };
  }
  // A record is made or revived only where the other mode's is known to name nobody.
  const isOtherNeeded = record.kind !== 'present' && view.otherRecord.kind === 'unknown';
  if (record.kind === 'unknown' || isOtherNeeded) {
    return {
      code: 'RecordUnknown',
      sentence: 'a write to the record went out, and its outcome is not known yet',
    };
  }
  if (record.kind === 'present' && isBehind(view.podsVersion, record.podsVersion)) {
    const sentence = `the record was decided on pods of version ${record.podsVersion}, seen here: ${view.podsVersion ?? 'none'}`;
    return { code: 'StalePods', sentence };
  }
  if (isGuidedByOlder(view)) {
    const sentence = 'the record was written by the word of a later Singleton than was seen here';
    return { code: 'StaleSingleton', sentence };
  }
  return undefined;
}

const blindSentences = {
  'not-synced': 'the first complete picture has not arrived yet',
  'connection-silent': 'the API server has not answered a PING in time',
  'heartbeat-missing': 'the own heartbeat has not come back on the watch in time',
} as const;

/** A flag adopts what it adopts, whatever Singletons there were. */
function isGuidedByOlder({ record, singletonVersion, singletonsSeenVersion }: SingletonView): boolean {
  if (record.kind !== 'present' || singletonVersion === undefined) return false;
  return isBehind(singletonsSeenVersion, record.singletonVersion);
}

function isBehind(seen: bigint | undefined, needed: bigint | undefined): boolean {
  return needed !== undefined && (seen === undefined || seen < needed);
}

function withheld(plan: Plan, { record }: SingletonView): Plan {
  const would =
    plan.effects.length === 0 ? 'there is nothing to do' : `it would act: ${plan.because.sentence}`;
  const because: Because = { code: 'Paused', sentence: `paused; ${would}` };
  const holder = record.kind === 'present' ? record.holder : undefined;
  return { ...nothingToDo(because, holder), answer: plan.answer };
}
