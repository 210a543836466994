/**
 * Owns an explanation: why the active is the active, what each member is worth, and what the controllers would do if it
 * were struck now. All of it comes from decide(), on what has been read.
 * Must not read or write anything.
 */
import type { Mode } from '../../api/singleton.ts';
import { decide } from '../../core/decide.ts';
import type { Decision } from '../../core/decision.ts';
import { describeJudgement } from '../../core/judge.ts';
import type { Member } from '../../core/member.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import { type Believed, believedView } from '../cluster/believed-view.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { isCritical, type Strike, strikeHolder, strikes } from './strike.ts';

export interface Explanation {
  readonly singleton: SeenSingleton;
  readonly believed: Believed;
  readonly mode: Mode | undefined;
  readonly holder: { readonly name: string; readonly epoch: number; readonly isThere: boolean } | undefined;
  readonly members: readonly ExplainedMember[];
  /** What the controllers would decide on what there is. */
  readonly now: Decision;
  /** Empty where there is no living holder to strike. */
  readonly imagined: readonly ImaginedOutcome[];
  /** Containers of the holder whose end is the pod's end; empty: none is marked. */
  readonly criticalContainers: readonly string[];
}

export interface ExplainedMember {
  readonly name: string;
  readonly node: string | undefined;
  readonly isHolder: boolean;
  readonly judgement: string;
  readonly isFit: boolean;
  readonly priority: Member['priority'];
  /** The label `role` as it stands. */
  readonly roleLabel: string | undefined;
}

export interface ImaginedOutcome {
  readonly strike: Strike;
  readonly decision: Decision;
}

export function explain(singleton: SeenSingleton, believed: Believed): Explanation {
  const view = believedView(believed);
  const now = decide(view, believed.now);
  const record = view.record.kind === 'present' ? view.record : undefined;
  const holder = record?.holder;
  const pod = believed.pods.find(({ uid }) => uid === holder?.uid);
  return {
    singleton,
    believed,
    mode: singleton.status?.mode,
    holder:
      record === undefined || holder === undefined
        ? undefined
        : { name: holder.name, epoch: record.epoch, isThere: pod !== undefined },
    members: view.members.map((member) => explainMember(member, now, holder?.uid)),
    now,
    imagined: pod === undefined ? [] : strikes.map((strike) => imagine(strike, pod, believed)),
    criticalContainers: (pod?.containers ?? []).filter(isCritical).map(({ name }) => name),
  };
}

function imagine(strike: Strike, holder: PodObject, believed: Believed): ImaginedOutcome {
  const { now } = believed;
  const struck = believedView(believed, (pods, nodes) => strikeHolder(strike, holder, { pods, nodes, now }));
  return { strike, decision: decide(struck, now) };
}

function explainMember(member: Member, { judged }: Decision, holderUid: string | undefined): ExplainedMember {
  const { uid, name, node, priority, roleLabel } = member;
  const judgement = judged.find((one) => one.uid === uid)?.judgement;
  return {
    name,
    node,
    priority,
    roleLabel,
    isHolder: uid === holderUid,
    isFit: judgement?.kind === 'fit',
    judgement: judgement === undefined ? '' : describeJudgement(judgement),
  };
}
