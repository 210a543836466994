/**
 * Owns what Direct mode asks for beside every plan: the record's endpoints lead to the holder while it can serve.
 * Must not move the role, and must not write where nothing of traffic changes: each write costs all Services a pause.
 */
import type { Assessed } from './choose.ts';
import type { Because, Effect } from './decision.ts';
import { canServe } from './judge.ts';
import type { Plan } from './plan.ts';
import type { PresentRecord } from './record.ts';

/** The plan, with the endpoints put right where it does not write the record anyway. */
export function withTraffic(plan: Plan, record: PresentRecord, assessed: readonly Assessed[]): Plan {
  const { holder, traffic, epoch, podsVersion } = record;
  if (traffic.kind !== 'by-record' || holder === undefined || plan.effects.some(isOfRecord)) return plan;
  const serving = canHolderServe(holder.uid, plan, assessed);
  if (traffic.serving === serving && traffic.correct) return plan;
  const because = whyWritten(holder.name, serving, traffic.serving);
  const base = { kind: 'replace', resourceVersion: record.resourceVersion } as const;
  const write = { base, holder, epoch, podsVersion, serving };
  const isQuiet = plan.effects.length === 0 && plan.because.code === 'HolderHealthy';
  return {
    ...plan,
    because: isQuiet ? because : plan.because,
    effects: [{ kind: 'write-traffic', write, because }, ...plan.effects],
  };
}

function isOfRecord({ kind }: Effect): boolean {
  return kind === 'write-record' || kind === 'retire-record';
}

/** A leaving holder goes on serving while nobody can take over; one that this very plan deletes does not. */
function canHolderServe(uid: string, plan: Plan, assessed: readonly Assessed[]): boolean {
  const isDeleted = plan.effects.some((effect) => effect.kind === 'delete-pod' && effect.pod.uid === uid);
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
