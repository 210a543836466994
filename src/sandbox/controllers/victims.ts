/**
 * Owns the order in which a ReplicaSet gives pods up when it has too many.
 * Pure. Must not count how many are too many. (kubernetes pkg/controller/controller_utils.go ActivePodsWithRanks)
 */
import { deletionCost } from '../api/deletion-cost.ts';
import { listAt, numberAt, stringAt } from '../api/json.ts';
import { type StoredObject, timestampMs } from '../api/stored-object.ts';
import { conditionSince, isLeaving, isPodReady, isTerminal, nodeNameOf, phaseOf } from './controller.ts';

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

export interface VictimsView {
  readonly pods: readonly StoredObject[];
  /**
   * The pods of all ReplicaSets of the same Deployment, that of `pods` included: who shares a node with more of them
   * goes first. Empty for a ReplicaSet that stands alone, which does not care.
   */
  readonly related: readonly StoredObject[];
  readonly wallTimeMs: number;
}

/** First to go first: each criterion decides only among those that the ones before it left equal. */
export function victimsFirst({ pods, related, wallTimeMs }: VictimsView): readonly StoredObject[] {
  const onNode = new Map<string, number>();
  for (const pod of related.filter((each) => !isLeaving(each) && !isTerminal(each)))
    onNode.set(nodeNameOf(pod), (onNode.get(nodeNameOf(pod)) ?? 0) + 1);
  const ranks = (pod: StoredObject): readonly number[] => [
    nodeNameOf(pod) === '' ? 0 : 1,
    phaseOrder[phaseOf(pod)] ?? 0,
    isPodReady(pod) ? 1 : 0,
    deletionCost(pod.metadata.annotations) ?? 0,
    -(onNode.get(nodeNameOf(pod)) ?? 0),
  ];
  return pods.toSorted(
    (left, right) =>
      byRank(ranks(left), ranks(right)) ||
      byReadiness(left, right, wallTimeMs) ||
      byRank(restarts(right), restarts(left)) ||
      byTime(left, right, creationTime, wallTimeMs),
  );
}

function byRank(left: readonly number[], right: readonly number[]): number {
  for (const [index, rank] of left.entries()) {
    const difference = rank - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function byReadiness(left: StoredObject, right: StoredObject, wallTimeMs: number): number {
  return isPodReady(left) && isPodReady(right) ? byTime(left, right, readyTime, wallTimeMs) : 0;
}

type TimeOf = (pod: StoredObject) => number | undefined;
const readyTime: TimeOf = (pod) => timestampMs(conditionSince(pod, 'Ready'));
const creationTime: TimeOf = (pod) => timestampMs(pod.metadata.creationTimestamp);

/** The younger one goes, but only where one is twice as old as the other or so; else chance, which the uids are. */
function byTime(left: StoredObject, right: StoredObject, timeOf: TimeOf, wallTimeMs: number): number {
  const [one, other] = [timeOf(left), timeOf(right)];
  if (one === other) return 0;
  if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
  const difference = logarithm(wallTimeMs - one) - logarithm(wallTimeMs - other);
  return difference || (left.metadata.uid < right.metadata.uid ? -1 : 1);
}

/** To the base 2, of the nanoseconds that Go counts in. */
function logarithm(ageMs: number): number {
  return ageMs > 0 ? Math.trunc(Math.log2(ageMs * 1e6)) : -1;
}

/** The most of any container, then the most of any sidecar. */
function restarts(pod: StoredObject): readonly number[] {
  const sidecars = listAt(pod, 'spec', 'initContainers')
    .filter((container) => stringAt(container, 'restartPolicy') === 'Always')
    .map((container) => stringAt(container, 'name'));
  const most = (statuses: readonly unknown[]) =>
    Math.max(0, ...statuses.map((status) => numberAt(status, 'restartCount') ?? 0));
  const sidecarStatuses = listAt(pod, 'status', 'initContainerStatuses').filter((status) =>
    sidecars.includes(stringAt(status, 'name')),
  );
  return [most(listAt(pod, 'status', 'containerStatuses')), most(sidecarStatuses)];
}
