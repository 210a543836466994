/**
 * Owns what Direct mode asks for beside every plan: the record's endpoints lead to the holder while it can serve.
 * Must not move the role, and must not write where nothing of traffic changes: each write costs all Services a pause.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import type { Assessed } from './choose.ts';
import { type Because, type Effect, inOrder } from './decision.ts';
import { canServe } from './judge.ts';
import { limits } from './limits.ts';
import type { Plan } from './plan.ts';
import type { Holder, PresentRecord, RecordWrite } from './record.ts';
import type { SingletonView } from './view.ts';

/** The plan, with the endpoints put right where it does not write the record anyway. */
export function withTraffic(
  plan: Plan,
  view: SingletonView,
  record: PresentRecord,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Plan {
  const { holder, traffic } = record;
  if (traffic.kind !== 'by-record' || holder === undefined || plan.effects.some(isOfRecord)) return plan;
  const serving = canHolderServe(holder.uid, plan, assessed);
  if (traffic.serving === serving && traffic.correct)
    return withFollower(withTouch(plan, view, record, holder, now), view, record, holder.name);
  const because = whyWritten(holder.name, serving, traffic.serving);
  const write = rewrite(view, record, holder, serving);
  return withEffects(plan, because, [{ kind: 'write-traffic', write, because }, ...plan.effects]);
}

/** What a dataplane missed when the role moved it takes in with the next change: one that changes nothing comes after a while. */
function withTouch(
  plan: Plan,
  view: SingletonView,
  record: PresentRecord,
  holder: Holder,
  now: MonotonicMs,
): Plan {
  const { traffic, epoch } = record;
  if (!view.mayMissEndpoints || traffic.kind !== 'by-record' || traffic.touched) return plan;
  const dueAt = after(view.epochSeenAt ?? now, limits.touchDelayMs);
  if (now < dueAt) {
    const recheckAt = plan.recheckAt === undefined || dueAt < plan.recheckAt ? dueAt : plan.recheckAt;
    return { ...plan, recheckAt };
  }
  const sentence = `the endpoints of epoch ${epoch} are written once more, for proxies that may have missed them`;
  const because: Because = { code: 'TrafficTouched', sentence };
  const write = rewrite(view, record, holder, traffic.serving);
  return withEffects(plan, because, [{ kind: 'touch-traffic', write, because }, ...plan.effects]);
}

/** The same holder, the same epoch. */
function rewrite(
  { singletonVersion }: SingletonView,
  { resourceVersion, epoch, podsVersion }: PresentRecord,
  holder: Holder,
  serving: boolean,
): RecordWrite {
  return {
    base: { kind: 'replace', resourceVersion },
    holder,
    epoch,
    podsVersion,
    singletonVersion,
    serving,
  };
}

/** A healthy holder is worth no word beside what is done. */
function withEffects(plan: Plan, because: Because, effects: readonly Effect[]): Plan {
  return { ...plan, because: isQuiet(plan) ? because : plan.because, effects };
}

/** The record is right, and the second family is not yet: whoever sees that completes it. */
function withFollower(plan: Plan, { follower }: SingletonView, { epoch }: PresentRecord, name: string): Plan {
  if (follower !== 'behind') return plan;
  const sentence = `the endpoints of the second address family follow the record to ${name}`;
  const because: Because = { code: 'TrafficFollows', sentence };
  return withEffects(plan, because, inOrder([...plan.effects, { kind: 'follow-record', epoch, because }]));
}

function isQuiet({ effects, because }: Plan): boolean {
  return effects.length === 0 && because.code === 'HolderHealthy';
}

function isOfRecord({ kind }: Effect): boolean {
  return kind === 'write-record' || kind === 'note-end' || kind === 'retire-record';
}

/**
 * A leaving holder goes on serving while nobody can take over; one that this very plan fences does not. A delete that gates
 * nothing only asks it to end: until it has, it serves.
 */
function canHolderServe(uid: string, plan: Plan, assessed: readonly Assessed[]): boolean {
  const isDeleted = plan.effects.some(
    (effect) => effect.kind === 'delete-pod' && effect.gates && effect.pod.uid === uid,
  );
  const found = assessed.find(({ member }) => member.uid === uid);
  if (found === undefined || isDeleted) return false;
  return found.judgement.kind !== 'dead' && found.judgement.kind !== 'ended' && canServe(found.member);
}

function whyWritten(name: string, serving: boolean, wasServing: boolean): Because {
  const sentence =
    serving === wasServing
      ? `the endpoints of ${name} are not what they should be, and are put right`
      : `${name} ${serving ? 'can serve again: its endpoint is ready' : 'can not serve: its endpoint is not ready'}`;
  return { code: 'TrafficCorrected', sentence };
}
