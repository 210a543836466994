/**
 * Owns the first step of a decision: what each member is worth right now, and why.
 * Must not compare members with each other (choose.ts) nor say what to do about one (plan).
 */
import type { CriticalDeath, Member } from './member.ts';

/**
 * What a member is, from the strongest evidence to the weakest (DESIGN: evidence of what).
 * `dead` is proof for that incarnation; `ended` is the API's word without proof.
 */
export type Judgement =
  | { readonly kind: 'fit' }
  | { readonly kind: 'unfit'; readonly because: UnfitBecause }
  /** Alive, but going: deletionTimestamp is set. */
  | { readonly kind: 'leaving'; readonly graceSeconds: number }
  /** Its node is not Ready: it may have stopped, nobody knows. */
  | { readonly kind: 'suspect' }
  | { readonly kind: 'ended' }
  | {
      readonly kind: 'dead';
      readonly container: string | undefined;
      readonly sign: CriticalDeath['sign'];
    };

export type UnfitBecause =
  | 'not-running'
  | 'no-address'
  | 'not-ready'
  | 'critical-container-not-ready'
  | 'role-label-unknown';

/**
 * Reads it from the top: the first sentence that is true of the member is its judgement.
 * `condemned`: the death of a critical container still counts against it (critical-death.ts).
 */
export function judge(member: Member, condemned: boolean): Judgement {
  if (hasStopped(member)) return { kind: 'dead', container: undefined, sign: 'phase' };
  if (condemned && member.criticalDeath !== undefined) {
    const { container, sign } = member.criticalDeath;
    return { kind: 'dead', container, sign };
  }
  if (member.leaving !== undefined) return { kind: 'leaving', graceSeconds: member.leaving.graceSeconds };
  if (isTerminal(member)) return { kind: 'ended' };
  if (!member.nodeReady) return { kind: 'suspect' };
  const because = unfitness(member);
  return because === undefined ? { kind: 'fit' } : { kind: 'unfit', because };
}

/**
 * Proof: only the kubelet writes a terminal phase with every container terminated and its ID there.
 * PodGC writes the phase alone.
 */
export function hasStopped(member: Pick<Member, 'phase' | 'containers'>): boolean {
  return (
    isTerminal(member) &&
    member.containers.length > 0 &&
    member.containers.every(
      (container) => container.state === 'terminated' && container.containerId !== undefined,
    )
  );
}

function isTerminal(member: Pick<Member, 'phase'>): boolean {
  return member.phase === 'Succeeded' || member.phase === 'Failed';
}

/** It answers, as far as the kubelet knows: where critical containers are marked, only they are asked. */
export function canServe(member: Pick<Member, 'ip' | 'ready' | 'containers'>): boolean {
  return member.ip !== undefined && inability(member) === undefined;
}

function inability({ ready, containers }: Pick<Member, 'ready' | 'containers'>): UnfitBecause | undefined {
  const critical = containers.filter((container) => container.critical);
  if (critical.length === 0) return ready ? undefined : 'not-ready';
  const isServing = critical.every((container) => container.state === 'running' && container.ready);
  return isServing ? undefined : 'critical-container-not-ready';
}

function unfitness(member: Member): UnfitBecause | undefined {
  if (member.phase !== 'Running') return 'not-running';
  if (member.ip === undefined) return 'no-address';
  const because = inability(member);
  if (because !== undefined) return because;
  return isRoleKnown(member.roleLabel) ? undefined : 'role-label-unknown';
}

/** Any other value is somebody's deliberate word: such a pod is never chosen and its label is left alone. */
function isRoleKnown(roleLabel: string | undefined): boolean {
  return roleLabel === undefined || roleLabel === 'active' || roleLabel === 'standby';
}

/** The judgement as a person reads it. */
export function describeJudgement(judgement: Judgement): string {
  switch (judgement.kind) {
    case 'fit':
      return 'fit';
    case 'unfit':
      return unfitSentences[judgement.because];
    case 'leaving':
      return judgement.graceSeconds === 0
        ? 'deleted by force'
        : `leaving, with ${judgement.graceSeconds} s of grace`;
    case 'suspect':
      return 'its node is not Ready';
    case 'ended':
      return 'its phase is terminal, but nobody saw its containers end';
    case 'dead':
      return judgement.container === undefined
        ? 'every container has ended'
        : `critical container ${judgement.container} ended (${judgement.sign})`;
  }
}

const unfitSentences: Readonly<Record<UnfitBecause, string>> = {
  'not-running': 'its phase is not Running',
  'no-address': 'it has no IP address',
  'not-ready': 'it is not Ready',
  'critical-container-not-ready': 'a critical container is not ready',
  'role-label-unknown': 'its role label is neither active nor standby',
};
