/**
 * Owns the question whether the member that the record names still holds: what became of it, and what that proves.
 * Must not look for a successor (choose.ts) nor plan the effects (plan-failover.ts).
 */
import type { Assessed } from './choose.ts';
import { describeJudgement, type Judgement } from './judge.ts';
import { incarnationOf, type Member } from './member.ts';
import type { ReasonCode } from './reasons.ts';
import type { Holder } from './record.ts';
import type { SingletonView } from './view.ts';

/** Codes for which a holder loses the role. */
export type FailureCode = Extract<
  ReasonCode,
  | 'HolderDeleted'
  | 'HolderLeaving'
  | 'HolderCriticalDeath'
  | 'HolderRestarted'
  | 'HolderStopped'
  | 'HolderPhaseTerminal'
  | 'HolderNotReady'
  | 'HolderRefused'
  | 'HolderNodeNotReady'
>;

export type HolderState = { readonly kind: 'holding'; readonly member: Member } | HolderFailure;

export interface HolderFailure {
  readonly kind: 'failed';
  readonly code: FailureCode;
  readonly holder: Holder;
  /** Its pod, while there still is one. */
  readonly member: Member | undefined;
  /** The incarnation that the record names can no longer act (DESIGN: evidence of what). */
  readonly proven: boolean;
  /** Its pod is being deleted, or was when it was last seen. */
  readonly going: boolean;
  /** What was seen, as the second half of a sentence. */
  readonly seen: string;
}

/** What became of the holder. Reads the pod while there is one, then the memory of those that went. */
export function stateOfHolder(
  holder: Holder,
  view: SingletonView,
  assessed: readonly Assessed[],
): HolderState {
  const found = assessed.find(({ member }) => member.uid === holder.uid);
  if (found === undefined) return holder.hasStopped ? knownEnd(holder) : failureOfDeparted(holder, view);
  const { member, judgement } = found;
  const failure = failureCode(holder, member, judgement) ?? refusal(holder, member, view);
  if (failure === undefined) return { kind: 'holding', member };
  const seen = otherSigns[failure.code] ?? describeJudgement(judgement);
  return { kind: 'failed', ...failure, holder, member, going: member.leaving !== undefined, seen };
}

/** What is not a judgement of the pod. */
const otherSigns: { readonly [code in FailureCode]?: string } = {
  HolderRestarted: 'has restarted since it was chosen',
  HolderRefused: 'its port refuses connections since one was lost',
};

/** The kubelet says later what became of it, and of how much: here it is known that nobody serves. */
function refusal(
  holder: Holder,
  member: Member,
  { refused }: SingletonView,
): Pick<HolderFailure, 'code' | 'proven'> | undefined {
  const isThisLife =
    refused !== undefined && refused === holder.incarnation && refused === incarnationOf(member);
  return isThisLife ? { code: 'HolderRefused', proven: false } : undefined;
}

/** Whoever saw it has kept it in the record. */
function knownEnd(holder: Holder): HolderFailure {
  const seen = 'had ended, as the record says';
  return {
    kind: 'failed',
    code: 'HolderStopped',
    holder,
    member: undefined,
    proven: true,
    going: true,
    seen,
  };
}

function failureOfDeparted(holder: Holder, view: SingletonView): HolderFailure {
  const departed = view.departed.find(({ uid }) => uid === holder.uid);
  const proven = departed?.stopped ?? false;
  const seen = proven ? 'had stopped before its pod went' : 'its pod is gone';
  const going = departed?.going ?? false;
  return { kind: 'failed', code: 'HolderDeleted', holder, member: undefined, proven, going, seen };
}

function failureCode(
  holder: Holder,
  member: Member,
  judgement: Judgement,
): Pick<HolderFailure, 'code' | 'proven'> | undefined {
  switch (judgement.kind) {
    case 'dead':
      if (judgement.container === undefined) return { code: 'HolderStopped', proven: true };
      // That life has ended. The kubelet starts the next one in the same pod, where it may hear what was meant for the last.
      return { code: 'HolderCriticalDeath', proven: false };
    case 'leaving':
      // With grace it is a planned move; by force nobody waits for its end.
      return { code: judgement.graceSeconds > 0 ? 'HolderLeaving' : 'HolderDeleted', proven: false };
    case 'ended':
      return { code: 'HolderPhaseTerminal', proven: false };
    case 'suspect':
      return { code: 'HolderNodeNotReady', proven: false };
    case 'unfit':
      if (hasRestarted(holder, member)) return { code: 'HolderRestarted', proven: false };
      // A label that somebody wrote by hand is put right, it doesn't end a role.
      return judgement.because === 'role-label-unknown'
        ? undefined
        : { code: 'HolderNotReady', proven: false };
    case 'fit':
      return hasRestarted(holder, member) ? { code: 'HolderRestarted', proven: false } : undefined;
  }
}

/** Only where critical containers are marked: where none is, a container may restart in place and keep the role. */
function hasRestarted(holder: Holder, member: Member): boolean {
  const marked = member.containers.some((container) => container.critical);
  return marked && incarnationOf(member) !== holder.incarnation;
}
