/**
 * Owns the question which controller of a group is the active one: lowest name first, and it keeps the role.
 * Must not matter for safety: two controllers that both believe it only race for the same compare-and-swap.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import type { ControllerRole } from './hold-back.ts';
import { limits } from './limits.ts';

/** A controller process: its name and one life of it, so that a restarted one is not taken for the one before. */
export interface ControllerIdentity {
  readonly name: string;
  readonly instance: string;
}

export type PairLease =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'present';
      readonly resourceVersion: string;
      readonly holder: ControllerIdentity | undefined;
    };

/** A controller pod, for the role labels that people look at. */
export interface ControllerPod {
  readonly uid: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly roleLabel: string | undefined;
  readonly alive: boolean;
}

export interface PairView {
  readonly self: ControllerIdentity;
  readonly lease: PairLease;
  /** The other controllers that are known to live: their heartbeat was seen lately and their pod is not going. */
  readonly livePeers: readonly ControllerIdentity[];
  /** Empty where the controllers run outside a cluster. */
  readonly pods: readonly ControllerPod[];
  /** False while this controller can't trust what it sees: then it leaves the pair as it is. */
  readonly sightIsClear: boolean;
  /** Since when no living controller holds the Lease; undefined while one does. */
  readonly vacantSince: MonotonicMs | undefined;
}

export type PairEffect =
  /** A compare-and-swap that names this controller as the holder. */
  | { readonly kind: 'claim'; readonly base: PairClaimBase }
  | {
      readonly kind: 'label-controller';
      readonly pod: { readonly uid: string; readonly name: string };
      readonly resourceVersion: string;
      readonly role: 'active' | 'standby';
    };

export type PairClaimBase =
  | { readonly kind: 'create' }
  | { readonly kind: 'replace'; readonly resourceVersion: string };

export interface PairDecision {
  readonly role: ControllerRole;
  readonly effects: readonly PairEffect[];
  readonly recheckAt: MonotonicMs | undefined;
}

/** Pure, and the same in every controller of the group. */
export function decidePair(view: PairView, now: MonotonicMs): PairDecision {
  const holds = view.lease.kind === 'present' && isSame(view.lease.holder, view.self);
  if (!view.sightIsClear || view.lease.kind === 'unknown') {
    return { role: holds ? 'active' : 'backup', effects: [], recheckAt: undefined };
  }
  if (holds) return { role: 'active', effects: correctLabels(view), recheckAt: undefined };
  if (!isVacant(view)) return { role: 'backup', effects: [], recheckAt: undefined };
  const claimAt = after(view.vacantSince ?? now, turnOf(view) * limits.pairClaimPatienceMs);
  if (claimAt > now) return { role: 'backup', effects: [], recheckAt: claimAt };
  const base: PairClaimBase =
    view.lease.kind === 'present'
      ? { kind: 'replace', resourceVersion: view.lease.resourceVersion }
      : { kind: 'create' };
  return { role: 'backup', effects: [{ kind: 'claim', base }], recheckAt: undefined };
}

/** No living controller holds the Lease. */
export function isVacant({
  lease,
  self,
  livePeers,
}: Pick<PairView, 'lease' | 'self' | 'livePeers'>): boolean {
  if (lease.kind === 'unknown') return false;
  if (lease.kind === 'absent' || lease.holder === undefined) return true;
  const { holder } = lease;
  return !isSame(holder, self) && !livePeers.some((peer) => isSame(peer, holder));
}

/** 0 for the lowest name among the living; each one after it waits its turn, in case the one before can't write. */
function turnOf({ self, livePeers }: PairView): number {
  return livePeers.filter((peer) => comesFirst(peer, self)).length;
}

function comesFirst(left: ControllerIdentity, right: ControllerIdentity): boolean {
  return left.name === right.name ? left.instance < right.instance : left.name < right.name;
}

function correctLabels({ self, pods }: PairView): readonly PairEffect[] {
  return pods.flatMap((pod): readonly PairEffect[] => {
    if (!pod.alive) return [];
    const role = pod.name === self.name ? 'active' : 'standby';
    const { uid, name, resourceVersion } = pod;
    return pod.roleLabel === role
      ? []
      : [{ kind: 'label-controller', pod: { uid, name }, resourceVersion, role }];
  });
}

function isSame(left: ControllerIdentity | undefined, right: ControllerIdentity): boolean {
  return left !== undefined && left.name === right.name && left.instance === right.instance;
}
