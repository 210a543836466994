/**
 * Owns what a Singleton's status says of a decision, for people and for programs.
 * Must not read a clock, write anything, or know what was decided before but from the status itself.
 */

import type { Because, Condition, ConditionType, Mode, Move, SingletonStatus } from '../api/singleton.ts';
import type { Decision } from '../core/decision.ts';
import type { Drain } from '../core/drain.ts';
import type { PodUid } from '../core/identity.ts';
import { describeJudgement } from '../core/judge.ts';
import type { SingletonView } from '../core/view.ts';
import { kindOfMove } from './kind-of-move.ts';
import { limits } from './limits.ts';
import type { Timeline } from './timeline.ts';

export interface StatusParts {
  readonly generation: number;
  /** Why what it asks for now is not accepted, and it is looked after as it was; undefined where it is. */
  readonly refusal: Because | undefined;
  readonly decision: Decision;
  readonly view: SingletonView;
  readonly mode: Mode | undefined;
  readonly drain: Drain;
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
  const { generation, refusal, decision, view, mode, before, wallTimeMs } = parts;
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
    history: [...moves, ...(before?.history ?? [])]
      .toSorted((left, right) => right.epoch - left.epoch)
      .slice(0, limits.statusMovesMax),
    failovers: (before?.failovers ?? 0) + failovers,
    switchovers: (before?.switchovers ?? 0) + moves.filter(({ kind }) => kind === 'Switchover').length,
    because: refusal ?? decision.because,
  };
}

export interface RefusedParts {
  readonly generation: number;
  readonly before: SingletonStatus | undefined;
  readonly because: Because;
  /** Ms since 1970. */
  readonly wallTimeMs: number;
}

/** Of one that nobody looks after: nobody is known to be active. */
export function refusedStatus({ generation, before, because, wallTimeMs }: RefusedParts): SingletonStatus {
  return {
    epoch: 0,
    history: [],
    failovers: 0,
    switchovers: 0,
    ...before,
    mode: undefined,
    active: undefined,
    ready: '',
    standbys: [],
    observedGeneration: generation,
    because,
    conditions: [since(acceptedCondition(generation, because), before, wallTimeMs)],
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

function acceptedCondition(generation: number, refusal: Because | undefined): NewCondition {
  return {
    type: 'Accepted',
    status: refusal === undefined ? 'True' : 'False',
    reason: refusal?.code ?? 'Accepted',
    message: refusal?.sentence ?? 'it is looked after',
    observedGeneration: generation,
  };
}

function conditionsOf(parts: StatusParts): readonly NewCondition[] {
  const { generation, decision, view, drain, trafficProblems, otherProblems } = parts;
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
    acceptedCondition(generation, parts.refusal),
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
    // Said only where it is so: it is rare, and somebody has to look.
    ...(drain.kind === 'let-through'
      ? [condition('DrainBlocked', true, 'NobodyFollows', drain.sentence)]
      : []),
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
