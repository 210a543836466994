/**
 * Owns the pieces that every plan is made of: the grant of the role, a delete, a label, a tell.
 * Must not decide when one is due: the plan-*.ts files do.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { Answer, Because, DeleteRule, Effect, PodReference } from './decision.ts';
import { type Epoch, higherEpoch, nextEpoch, noEpoch, type PodUid } from './identity.ts';
import { canServe } from './judge.ts';
import { limits } from './limits.ts';
import { companionsOf, incarnationOf, type Member } from './member.ts';
import type { RecordWrite } from './record.ts';
import type { SingletonView } from './view.ts';

/** A decision without the judgements, which decide() adds. */
export interface Plan {
  readonly because: Because;
  readonly effects: readonly Effect[];
  readonly recheckAt: MonotonicMs | undefined;
  readonly holder: PodReference | undefined;
  readonly answer?: Answer | undefined;
}

export interface Grant {
  readonly view: SingletonView;
  readonly base: RecordWrite['base'];
  readonly member: Member;
  readonly because: Because;
  /** What must have happened before traffic may reach the new holder. */
  readonly fences: readonly Effect[];
}

/** Record, fences, labels taken from whoever lives with one, then the label and the message for the new holder. */
export function grantRole({ view, base, member, because, fences }: Grant): Plan {
  const epoch = epochAfter(view);
  if (epoch === undefined) return nothingToDo(epochsUsedUp);
  const holder = {
    uid: member.uid,
    name: member.name,
    incarnation: incarnationOf(member),
    hasStopped: false,
  };
  const write: RecordWrite = {
    base,
    holder,
    epoch,
    podsVersion: view.evidenceVersion,
    singletonVersion: view.singletonVersion,
    serving: canServe(member),
  };
  const fenced = new Set(fences.flatMap((fence) => (fence.kind === 'delete-pod' ? [fence.pod.uid] : [])));
  const unroute = view.members
    .filter((other) => other.uid !== member.uid && !fenced.has(other.uid) && mustGiveLabelFirst(other, view))
    .map((other) => labelPod(other, 'standby', epoch));
  const route = [
    ...followRecord(view, epoch, because),
    labelPod(member, 'active', epoch),
    ...tellPod(member, 'active', epoch),
  ];
  return {
    because,
    effects: [
      { kind: 'write-record', write, because },
      ...fences,
      ...withdrawTraffic(view, member.uid, epoch, because),
      ...unroute,
      ...route,
    ],
    recheckAt: undefined,
    holder: { uid: member.uid, name: member.name },
  };
}

/** One above everything ever seen: a restored record or a lost one never makes an epoch fall. */
function epochAfter(view: SingletonView): Epoch | undefined {
  const { record, highestEpoch } = view;
  const hasEpoch = record.kind === 'present' || record.kind === 'retired';
  const highest = hasEpoch ? higherEpoch(record.epoch, highestEpoch) : highestEpoch;
  return nextEpoch(highest, isRecordLost(view) ? limits.epochsUntoldMax : 0) ?? nextEpoch(highest);
}

/**
 * Epochs were given out, and neither record tells of the last one. It may have given out more that nothing else tells of:
 * they are passed over, or one of them would get a second holder.
 */
function isRecordLost({ record, otherRecord, highestEpoch }: SingletonView): boolean {
  if (record.kind !== 'absent' || highestEpoch === noEpoch) return false;
  return otherRecord.kind !== 'retired' || otherRecord.epoch < highestEpoch;
}

const epochsUsedUp: Because = {
  code: 'EpochsUsedUp',
  sentence: 'the record holds the highest epoch that there is: somebody wrote it there',
};

/** Whether or not they say so by now: a new holder is another one for both families. */
function followRecord({ follower }: SingletonView, epoch: Epoch, because: Because): readonly Effect[] {
  return follower === undefined ? [] : [{ kind: 'follow-record', epoch, because }];
}

/**
 * Endpoints that a retired record has left behind lead to whom it named: they go before somebody else is routed.
 * `kept` is whom they may go on leading to.
 */
export function withdrawTraffic(
  { otherRecord }: SingletonView,
  kept: PodUid | undefined,
  epoch: Epoch,
  because: Because,
): readonly Effect[] {
  const leadsTo = otherRecord.kind === 'retired' ? otherRecord.leadsTo : undefined;
  return leadsTo === undefined || leadsTo === kept ? [] : [{ kind: 'withdraw-traffic', epoch, because }];
}

/**
 * A leaving pod's endpoint is not ready from deletionTimestamp on, so its label may go after the new one is set. Whoever has
 * the role may have got its label from another controller, which has not been seen here yet.
 */
function mustGiveLabelFirst({ uid, roleLabel, leaving }: Member, { record }: SingletonView): boolean {
  const isHolder = record.kind === 'present' && record.holder?.uid === uid;
  return (roleLabel === 'active' || isHolder) && leaving === undefined;
}

export function labelPod(member: Member, role: 'active' | 'standby', epoch: Epoch): Effect {
  const pod = { uid: member.uid, name: member.name };
  return { kind: 'label-pod', pod, resourceVersion: member.resourceVersion, role, epoch };
}

/** Empty while the pod has no address: there is nobody to tell yet. */
export function tellPod(member: Member, role: 'active' | 'standby', epoch: Epoch): readonly Effect[] {
  if (member.ip === undefined) return [];
  const pod = { uid: member.uid, name: member.name };
  const lives = { incarnation: incarnationOf(member), companions: companionsOf(member) };
  return [{ kind: 'tell-pod', pod, ip: member.ip, role, epoch, ...lives }];
}

/** `graceSeconds` undefined: the pod's own grace period. */
export function deletePod(
  { uid, name }: PodReference,
  rule: DeleteRule,
  graceSeconds: number | undefined,
  gates: boolean,
  because: Because,
): Effect {
  return {
    kind: 'delete-pod',
    pod: { uid, name },
    graceSeconds,
    rule,
    gates,
    because,
  };
}

export function nothingToDo(because: Because, holder?: PodReference): Plan {
  return { because, effects: [], recheckAt: undefined, holder };
}
