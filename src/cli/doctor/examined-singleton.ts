/**
 * Owns one singleton as the doctor examines it: itself, its members, and what else in its namespace selects pods.
 * Must not judge it.
 */
import type { PodObject } from '../../kube/decode-pod.ts';
import { hasAll } from '../cluster/adopted-members.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import type { ReachingService, SelectingObject } from './decode-neighbour.ts';

export interface ExaminedSingleton {
  /** `namespace/name`. */
  readonly subject: string;
  readonly singleton: SeenSingleton;
  readonly members: readonly PodObject[];
  /** All of its namespace, as far as they can be read. */
  readonly workloads: readonly SelectingObject[];
  readonly budgets: readonly SelectingObject[];
  /** Undefined: they may not be read. */
  readonly services: readonly ReachingService[] | undefined;
}

export interface Neighbours {
  readonly pods: readonly PodObject[];
  readonly workloads: readonly SelectingObject[];
  readonly budgets: readonly SelectingObject[];
  readonly services: readonly ReachingService[] | undefined;
}

export function examinedSingleton(singleton: SeenSingleton, neighbours: Neighbours): ExaminedSingleton {
  const { namespace, name } = singleton;
  const beside = <T extends { readonly namespace: string }>(objects: readonly T[]) =>
    objects.filter((object) => object.namespace === namespace);
  return {
    subject: `${namespace}/${name}`,
    singleton,
    members: membersOf(singleton, beside(neighbours.pods)),
    workloads: beside(neighbours.workloads),
    budgets: beside(neighbours.budgets),
    services: neighbours.services === undefined ? undefined : beside(neighbours.services),
  };
}

function membersOf(singleton: SeenSingleton, pods: readonly PodObject[]): readonly PodObject[] {
  if (singleton.kind === 'adopted') return singleton.members;
  const { matchLabels } = singleton.object.spec;
  if (Object.keys(matchLabels).length === 0) return [];
  return pods.filter(({ labels }) => hasAll(labels, matchLabels));
}
