/**
 * Owns what Direct mode asks for beside every plan: the record's endpoints lead to the holder while it can serve.
 * Must not move the role, and must not write where nothing of traffic changes: each write costs all Services a pause.
 */
import type { Assessed } from './choose.ts';
import { type Because, type Effect, inOrder } from './decision.ts';
import { canServe } from './judge.ts';
import type { Plan } from './plan.ts';
import type { PresentRecord } from './record.ts';
import type { SingletonView } from './view.ts';

/** The plan, with the endpoints put right where it does not write the record anyway. */
export function withTraffic(
  plan: Plan,
  view: SingletonView,
  record: PresentRecord,
  assessed: readonly Assessed[],
): Plan {
  const { holder, traffic, epoch, podsVersion } = record;
  if (traffic.kind !== 'by-record' || holder === undefined || plan.effects.some(isOfRecord)) return plan;
  const serving = canHolderServe(holder.uid, plan, assessed);
  if (traffic.serving === serving && traffic.correct) return withFollower(plan, view, record, holder.name);
  const because = whyWritten(holder.name, serving, traffic.serving);
  const base = { kind: 'replace', resourceVersion: record.resourceVersion } as const;
  const write = { base, holder, epoch, podsVersion, singletonVersion: view.singletonVersion, serving };
  return {
    ...plan,
    because: isQuiet(plan) ? because : plan.because,
    effects: [{ kind: 'write-traffic', write, because }, ...plan.effects],
  };
}

/** The record is right, and the second family is not yet: whoever sees that completes it. */
function withFollower(plan: Plan, { follower }: SingletonView, { epoch }: PresentRecord, name: string): Plan {
  if (follower !== 'behind') return plan;
  const sentence = `the endpoints of the second address family follow the record to ${name}`;
  const because: Because = { code: 'TrafficFollows', sentence };
  return {
    ...plan,
    because: isQuiet(plan) ? because : plan.because,
    effects: inOrder([...plan.effects, { kind: 'follow-record', epoch, because }]),
  };
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
