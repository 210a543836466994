/**
 * Owns the arithmetic of a Deployment's rollout: how many pods each of its ReplicaSets should have next.
 * Pure. (kubernetes pkg/controller/deployment/rolling.go, util/deployment_util.go)
 */

export interface SetSize {
  readonly uid: string;
  readonly desired: number;
  readonly available: number;
}

export interface RolloutInput {
  readonly replicas: number;
  readonly strategy:
    | { readonly kind: 'Recreate' /** Pods of old sets that still exist. */; readonly oldPods: number }
    | { readonly kind: 'RollingUpdate'; readonly maxSurge: number; readonly maxUnavailable: number };
  readonly newest: SetSize;
  /** Oldest first. */
  readonly old: readonly SetSize[];
}

/** The sizes to set, by uid; only those that change. */
export function nextSizes(input: RolloutInput): ReadonlyMap<string, number> {
  return input.strategy.kind === 'Recreate'
    ? recreate(input, input.strategy.oldPods)
    : roll(input, input.strategy);
}

/** The new set starts when the last old pod is gone. */
function recreate({ replicas, newest, old }: RolloutInput, oldPods: number): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const set of old) if (set.desired > 0) sizes.set(set.uid, 0);
  if (sizes.size === 0 && oldPods === 0 && newest.desired !== replicas) sizes.set(newest.uid, replicas);
  return sizes;
}

function roll(
  { replicas, newest, old }: RolloutInput,
  { maxSurge, maxUnavailable }: { readonly maxSurge: number; readonly maxUnavailable: number },
): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  const total = newest.desired + old.reduce((sum, set) => sum + set.desired, 0);
  const room = Math.max(0, replicas + maxSurge - total);
  const grown = newest.desired > replicas ? replicas : Math.min(replicas, newest.desired + room);
  if (grown !== newest.desired) sizes.set(newest.uid, grown);
  const newUnavailable = Math.max(0, newest.desired - newest.available);
  let spare = total - (replicas - maxUnavailable) - newUnavailable;
  const left = new Map(old.map((set) => [set.uid, set.desired]));
  const shrink = (set: SetSize, most: number) => {
    const present = left.get(set.uid) ?? 0;
    const cut = Math.max(0, Math.min(present, most, spare));
    if (cut === 0) return;
    left.set(set.uid, present - cut);
    sizes.set(set.uid, present - cut);
    spare -= cut;
  };
  // What is not available costs nothing to give up, so it goes first.
  for (const set of old) shrink(set, set.desired - set.available);
  const available = newest.available + old.reduce((sum, set) => sum + set.available, 0);
  spare = Math.min(spare, available - (replicas - maxUnavailable));
  for (const set of old) shrink(set, set.desired);
  return sizes;
}

/** "25%" of the replicas, or a number as it is. Surge rounds up, unavailability down. */
function absoluteCount(value: unknown, replicas: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = (Number.parseFloat(String(value ?? '0')) / 100) * replicas;
  return rounding === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** Both at zero would stand still for ever: one may be unavailable then (ResolveFenceposts). */
export function fenceposts(
  surge: unknown,
  unavailable: unknown,
  replicas: number,
): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const maxSurge = absoluteCount(surge, replicas, 'up');
  const maxUnavailable = absoluteCount(unavailable, replicas, 'down');
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}
