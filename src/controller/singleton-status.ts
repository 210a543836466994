/**
 * Owns what a Singleton's status says of a decision, for people and for programs.
 * Must not read a clock, write anything, or know what was decided before but from the status itself.
 */

import type { SingletonHead } from '../api/decode-singleton.ts';
import type { Because, Condition, ConditionType, Mode, Move, SingletonStatus } from '../api/singleton.ts';
import type { Decision } from '../core/decision.ts';
import type { PodUid } from '../core/identity.ts';
import { describeJudgement } from '../core/judge.ts';
import type { SingletonView } from '../core/view.ts';
import { kindOfMove } from './kind-of-move.ts';
import { limits } from './limits.ts';
import type { Timeline } from './timeline.ts';

export interface StatusParts {
  readonly generation: number;
  readonly decision: Decision;
  readonly view: SingletonView;
  readonly mode: Mode | undefined;
  /** What keeps traffic from where it should go, one sentence each. */
  readonly trafficProblems: readonly string[];
  /** What else does not do its work, although the active serves: a channel, a tripwire. */
  readonly otherProblems: readonly string[];
  /** As it was last, whoever wrote it. */
  readonly before: SingletonStatus | undefined;
  /** Since then, oldest first. */
  readonly moves: readonly Timeline[];
  /** Ms since 1970. */
  readonly wallTimeMs: number;
}

export function composeStatus(parts: StatusParts): SingletonStatus {
  const { generation, decision, view, mode, before, wallTimeMs } = parts;
  const moves = parts.moves.map(toMove);
  const failovers = moves.filter(({ kind }) => kind === 'Failover').length;
  const { record } = view;
  const epoch = record.kind === 'present' || record.kind === 'retired' ? record.epoch : 0;
  const fit = decision.judged.filter(({ judgement }) => judgement.kind === 'fit').length;
  return {
    observedGeneration: generation,
    mode,
    active: activeOf(parts, moves),
    epoch: Math.max(epoch, before?.epoch ?? 0),
    ready: `${fit}/${decision.judged.length}`,
    standbys: standbysOf(parts),
    conditions: conditionsOf(parts).map((condition) => since(condition, before, wallTimeMs)),
    history: [...moves.toReversed(), ...(before?.history ?? [])].slice(0, limits.statusMovesMax),
    failovers: (before?.failovers ?? 0) + failovers,
    switchovers: (before?.switchovers ?? 0) + moves.filter(({ kind }) => kind === 'Switchover').length,
    because: decision.because,
  };
}

export interface RefusedParts {
  readonly head: Pick<SingletonHead, 'generation' | 'status'>;
  readonly because: Because;
  /** As it was asked for before. */
  readonly isLookedAfter: boolean;
  /** Ms since 1970. */
  readonly wallTimeMs: number;
}

/** Of one that is not accepted. Where nobody looks after it, nobody is known to be active. */
export function refusedStatus(parts: RefusedParts): SingletonStatus {
  const { because, isLookedAfter, wallTimeMs } = parts;
  const { generation, status: before } = parts.head;
  const refusal = { status: 'False', reason: because.code, message: because.sentence } as const;
  const accepted = { type: 'Accepted', ...refusal } as const;
  const rest = isLookedAfter ? (before?.conditions ?? []).filter(({ type }) => type !== 'Accepted') : [];
  const nobody = isLookedAfter ? {} : { mode: undefined, active: undefined, ready: '', standbys: [] };
  return {
    mode: undefined,
    active: undefined,
    epoch: 0,
    ready: '',
    standbys: [],
    history: [],
    failovers: 0,
    switchovers: 0,
    ...before,
    ...nobody,
    observedGeneration: generation,
    because,
    conditions: [since({ ...accepted, observedGeneration: generation }, before, wallTimeMs), ...rest],
  };
}

function toMove(timeline: Timeline): Move {
  const { code, sentence, from, to, epoch, seenAtMs, controller } = timeline;
  const phases = Object.entries(timeline.phasesMs).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, ms]],
  );
  return {
    kind: kindOfMove(code),
    because: { code, sentence },
    from,
    to,
    epoch,
    at: new Date(seenAtMs).toISOString(),
    by: controller,
    phasesMs: Object.fromEntries(phases),
  };
}

function activeOf(
  { view, before, wallTimeMs }: StatusParts,
  moves: readonly Move[],
): SingletonStatus['active'] {
  const { record, members } = view;
  if (record.kind !== 'present' || record.holder === undefined) return undefined;
  const { holder, epoch } = record;
  const member = members.find(({ uid }) => uid === holder.uid);
  if (member === undefined) return undefined;
  const known =
    before?.active?.uid === holder.uid && before.active.epoch === epoch ? before.active.since : undefined;
  const moved = moves.find((move) => move.epoch === epoch)?.at;
  return {
    pod: holder.name,
    uid: holder.uid,
    node: member.node,
    epoch,
    since: known ?? moved ?? new Date(wallTimeMs).toISOString(),
  };
}

function standbysOf({ decision, view }: StatusParts): SingletonStatus['standbys'] {
  const holderUid = view.record.kind === 'present' ? view.record.holder?.uid : undefined;
  return decision.judged
    .filter(({ uid }) => uid !== holderUid)
    .map(({ uid, name, judgement }) => ({
      pod: name,
      node: view.members.find((member) => member.uid === uid)?.node,
      fit: judgement.kind === 'fit' && isGateOpen(view, uid),
      because: isGateOpen(view, uid)
        ? describeJudgement(judgement)
        : 'the condition that promotion asks for is not True',
    }));
}

function isGateOpen({ members }: SingletonView, uid: PodUid): boolean {
  return members.find((member) => member.uid === uid)?.gateOpen !== false;
}

type NewCondition = Omit<Condition, 'lastTransitionTime'>;

function conditionsOf(parts: StatusParts): readonly NewCondition[] {
  const { generation, decision, view, trafficProblems, otherProblems } = parts;
  const condition = (type: ConditionType, is: boolean, reason: string, message: string): NewCondition => ({
    type,
    status: is ? 'True' : 'False',
    reason,
    message,
    observedGeneration: generation,
  });
  const { code, sentence } = decision.because;
  const isAvailable = isHolderFit(parts) && trafficProblems.length === 0;
  const unavailable = trafficProblems.length > 0 ? trafficProblems.join('; ') : sentence;
  const isDegraded = otherProblems.length > 0;
  const standbys = standbysOf(parts).filter(({ fit }) => fit);
  const isPaused = view.settings.paused;
  return [
    condition('Accepted', true, 'Accepted', 'it is looked after'),
    condition(
      'Available',
      isAvailable,
      isAvailable ? 'ActiveServes' : code,
      isAvailable ? sentence : unavailable,
    ),
    condition(
      'Redundant',
      standbys.length > 0,
      standbys.length > 0 ? 'StandbyFit' : 'NoFitStandby',
      describeStandbys(parts),
    ),
    condition(
      'Degraded',
      isDegraded,
      isDegraded ? 'PartsFail' : 'AllWell',
      isDegraded ? otherProblems.join('; ') : 'channels and tripwire do their work',
    ),
    condition(
      'Paused',
      isPaused,
      isPaused ? 'Paused' : 'Running',
      isPaused ? sentence : 'decisions are carried out',
    ),
  ];
}

function isHolderFit({ decision, view }: StatusParts): boolean {
  if (view.record.kind !== 'present') return false;
  const uid = view.record.holder?.uid;
  return decision.judged.some((judged) => judged.uid === uid && judged.judgement.kind === 'fit');
}

function describeStandbys(parts: StatusParts): string {
  const standbys = standbysOf(parts);
  if (standbys.length === 0) return 'there is no member beside the active one';
  return standbys.map(({ pod, because }) => `${pod}: ${because}`).join('; ');
}

/** A condition's time moves with its status only (metav1.Condition). */
function since(condition: NewCondition, before: SingletonStatus | undefined, wallTimeMs: number): Condition {
  const known = before?.conditions.find(({ type }) => type === condition.type);
  const isSame = known?.status === condition.status;
  const now = `${new Date(wallTimeMs).toISOString().slice(0, 19)}Z`;
  return { ...condition, lastTransitionTime: isSame ? known.lastTransitionTime : now };
}
