/**
 * Owns the second step of a decision: which member takes the role, when one has to.
 * Must not ask whether the role may move (plan): it only puts the fit members in order.
 */
import { runsAgain } from './critical-death.ts';
import type { JudgedMember } from './decision.ts';
import { judge } from './judge.ts';
import type { Member } from './member.ts';

export interface Assessed {
  readonly member: Member;
  readonly judgement: JudgedMember['judgement'];
}

/** The best fit member, or undefined. `never` keeps a pod standby whatever happens. */
export function choose(assessed: readonly Assessed[]): Member | undefined {
  const newest = newestOwner(assessed);
  let best: Member | undefined;
  for (const one of assessed) {
    if (!isEligible(one)) continue;
    if (best === undefined || comesBefore(one.member, best, newest)) best = one.member;
  }
  return best;
}

/** It may be given the role. */
export function isEligible({ member, judgement }: Assessed): boolean {
  return judgement.kind === 'fit' && member.priority !== 'never' && member.gateOpen;
}

/** Of the member that was created last: in a rollout, the new template's, so that the role moves once. */
function newestOwner(assessed: readonly Assessed[]): string | undefined {
  let newest: Member | undefined;
  for (const { member } of assessed) if (newest === undefined || isOlder(newest, member)) newest = member;
  return newest?.owner;
}

/**
 * Where nobody is fit: a member whose critical container died, and which the kubelet has brought back since. It is due
 * to be deleted, but it runs: better it than nobody.
 */
export function chooseLastResort(assessed: readonly Assessed[]): Member | undefined {
  const forgiven = assessed
    .filter(({ member, judgement }) => judgement.kind === 'dead' && runsAgain(member))
    .map(({ member }) => ({ member, judgement: judge(member, false) }));
  return choose(forgiven);
}

/**
 * Ready pods first (the Service sends traffic to no other), then those on nodes that are not to be emptied, then those
 * of the newest template, then the higher priority, then the older, then the name: a total order, so that two
 * controllers with the same view choose the same member.
 */
function comesBefore(left: Member, right: Member, newest: string | undefined): boolean {
  if (left.ready !== right.ready) return left.ready;
  if ((left.cordonedAt === undefined) !== (right.cordonedAt === undefined))
    return left.cordonedAt === undefined;
  if ((left.owner === newest) !== (right.owner === newest)) return left.owner === newest;
  if (left.priority !== right.priority) return rank(left) > rank(right);
  return isOlder(left, right);
}

/** Age by creationTimestamp, which has whole seconds: the name decides within one. */
export function isOlder(left: Member, right: Member): boolean {
  if (left.createdAtMs !== right.createdAtMs) return left.createdAtMs < right.createdAtMs;
  return left.name < right.name;
}

function rank(member: Member): number {
  return member.priority === 'never' ? Number.NEGATIVE_INFINITY : member.priority;
}
