/**
 * Owns the question how long the death of a critical container condemns its pod.
 * Must not notice the death (baseline.ts) nor delete anything (the plans).
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { DeletePermission } from './critical-deletes.ts';
import { limits } from './limits.ts';
import type { Member } from './member.ts';

/** It died, and has not been running again for so long that the kubelet would have forgotten it too. */
export function deathStands(member: Pick<Member, 'criticalDeath' | 'containers'>, now: MonotonicMs): boolean {
  const { criticalDeath } = member;
  return (
    criticalDeath !== undefined && (!runsAgain(member) || now - criticalDeath.at < limits.criticalBoutResetMs)
  );
}

/**
 * The pod is to be deleted, and is dead to every decision until it is. While the delete has to wait, a container that
 * the kubelet has started again lets the pod be judged by readiness: a late delete must not cost an active.
 */
export function isCondemned(member: Member, permission: DeletePermission, now: MonotonicMs): boolean {
  return deathStands(member, now) && (permission.kind === 'now' || !runsAgain(member));
}

/** Every critical container runs, in whichever life. */
export function runsAgain({ containers }: Pick<Member, 'containers'>): boolean {
  return containers.every(({ critical, state }) => !critical || state === 'running');
}
