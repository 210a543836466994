/**
 * Owns the order in which a ReplicaSet gives pods up when it has too many. Pure.
 * (kubernetes pkg/controller/controller_utils.go ActivePodsWithRanks)
 */

import { listAt, numberAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { conditionSince, isPodReady, nodeNameOf, phaseOf } from './controller.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** First to go first: each line decides only among those that the lines above left equal. */
export function victimsFirst(pods: readonly StoredObject[]): readonly StoredObject[] {
  const onNode = new Map<string, number>();
  for (const pod of pods) onNode.set(nodeNameOf(pod), (onNode.get(nodeNameOf(pod)) ?? 0) + 1);
  const ranks = (pod: StoredObject): readonly number[] => [
    nodeNameOf(pod) === '' ? 0 : 1,
    phaseOrder[phaseOf(pod)] ?? 1,
    isPodReady(pod) ? 1 : 0,
    deletionCost(pod),
    -(onNode.get(nodeNameOf(pod)) ?? 0),
    -timeOf(conditionSince(pod, 'Ready')),
    -restarts(pod),
    -timeOf(pod.metadata.creationTimestamp),
  ];
  return pods.toSorted((left, right) => compare(ranks(left), ranks(right)));
}

function compare(left: readonly number[], right: readonly number[]): number {
  for (const [index, rank] of left.entries()) {
    const difference = rank - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function deletionCost(pod: StoredObject): number {
  const cost = Number(pod.metadata.annotations?.[DELETION_COST] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function timeOf(time: string | undefined): number {
  return time === undefined ? 0 : Date.parse(time);
}

function restarts(pod: StoredObject): number {
  return Math.max(
    0,
    ...listAt(pod, 'status', 'containerStatuses').map((status) => numberAt(status, 'restartCount') ?? 0),
  );
}
