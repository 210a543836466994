/**
 * Owns what people and other controllers do to the pods of singletons, by the API alone: they are deleted, evicted, drained
 * away, scaled; and what people ask for: a pause, a switchover.
 * Must not do what the API would refuse them.
 */
import { ApiError } from '../../src/sandbox/api/api-error.ts';
import { evict } from '../../src/sandbox/api/eviction.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { namespace } from '../world/manifests.ts';
import type { World } from '../world/world.ts';
import {
  activePod,
  type Fault,
  nodeOf,
  patch,
  pickFrom,
  pickSingleton,
  standbyPods,
  toActive,
} from './fault.ts';

function deletePod(world: World, pod: StoredObject | undefined, graceSeconds?: number): boolean {
  if (pod === undefined) return false;
  const grace = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
  world.store.delete(resourceTypes.pods, namespace, pod.metadata.name, grace);
  return true;
}

export const activeDeleted = toActive((world, pod) => deletePod(world, pod));

export const activeDeletedByForce = toActive((world, pod) => deletePod(world, pod, 0));

export const standbyDeletedByForce: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const pod = pickFrom(standbyPods(strike.world, name), strike.pick);
  return deletePod(strike.world, pod, 0) ? { target: name } : undefined;
};

export const everybodyDeletedByForce: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  for (const pod of strike.world.pods(name)) deletePod(strike.world, pod, 0);
  return { target: name };
};

/** As the pod garbage collector does with pods of a node out of service: a phase without any container's end, then by force. */
export const activeMarkedFailed = toActive((world, pod) => {
  const { name } = pod.metadata;
  world.store.patch(
    resourceTypes.pods,
    namespace,
    name,
    { type: 'merge', body: { status: { phase: 'Failed' } } },
    { subresource: 'status' },
  );
  world.clock.schedule(markedFailedForMs, () => {
    const present = world.store.get(resourceTypes.pods, namespace, name);
    if (present?.metadata.uid === pod.metadata.uid) deletePod(world, present, 0);
  });
});

const markedFailedForMs = 50;

export const activeEvicted: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const pod = activePod(strike.world, name);
  if (pod === undefined) return undefined;
  return tryToEvict(strike.world, pod) ? { target: name } : undefined;
};

function tryToEvict(world: World, pod: StoredObject): boolean {
  try {
    evict(world.store, namespace, pod.metadata.name, {});
    return true;
  } catch (error) {
    // A budget forbids it for now.
    if (error instanceof ApiError) return false;
    throw error;
  }
}

const drainRetryMs = 500;

/** Cordoned, and each pod is evicted as soon as a budget lets it go; uncordoned in the end. */
export const nodeDrained: Fault = ({ world, pick }) => {
  const node = pickFrom(world.cluster.kubelets, pick)?.node.name;
  if (node === undefined) return undefined;
  let isOver = false;
  patch(world, resourceTypes.nodes, node, { spec: { unschedulable: true } });
  const evictAll = () => {
    if (isOver) return;
    const left = world.store
      .list(resourceTypes.pods)
      .filter((pod) => nodeOf(pod) === node && pod.metadata.deletionTimestamp === undefined)
      .filter((pod) => !tryToEvict(world, pod));
    if (left.length > 0) world.clock.schedule(drainRetryMs, evictAll);
  };
  evictAll();
  return {
    target: node,
    heal: () => {
      isOver = true;
      patch(world, resourceTypes.nodes, node, { spec: { unschedulable: null } });
    },
  };
};

function scaledTo(replicas: number): Fault {
  return (strike) => {
    const { world } = strike;
    const singleton = pickSingleton(strike);
    const scale = (count: number) =>
      patch(world, resourceTypes.replicasets, singleton.name, { spec: { replicas: count } });
    scale(replicas);
    return { target: singleton.name, heal: () => scale(singleton.replicas) };
  };
}

export const scaledToOneAndBack = scaledTo(1);
export const scaledToNoneAndBack = scaledTo(0);

/** Whoever pauses does something meanwhile. */
const pausedMsMin = 3_000;

export const pausedAndResumed: Fault = (strike) => {
  const { world, lastsMs } = strike;
  const { name } = pickSingleton(strike);
  patch(world, world.singletonType, name, { spec: { paused: true } });
  return {
    target: name,
    lastsMs: Math.max(lastsMs, pausedMsMin),
    heal: () => patch(world, world.singletonType, name, { spec: { paused: null } }),
  };
};

export const switchover: Fault = (strike) => {
  const { world } = strike;
  const { name } = pickSingleton(strike);
  const annotations = { 'understudy.dev/switchover': 'best' };
  patch(world, world.singletonType, name, { metadata: { annotations } });
  return { target: name };
};
