/**
 * Owns what a pod says it costs to delete it, where its ReplicaSet has to choose.
 * Pure. Must not choose. (kubernetes pkg/apis/core/helper GetDeletionCostFromPodAnnotations)
 */
export const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/** 0 where nothing is said; undefined for what is no integer of 32 bits, or has a plus or leading zeros. */
export function deletionCost(annotations: Readonly<Record<string, string>> = {}): number | undefined {
  const text = annotations[DELETION_COST] ?? '0';
  const cost = /^(0|-\d+|[1-9]\d*)$/.test(text) ? Number(text) : undefined;
  return cost !== undefined && cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : undefined;
}
