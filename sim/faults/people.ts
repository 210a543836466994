/**
 * Owns what people and other controllers do to singletons, by the API alone: pods are deleted, evicted, drained away,
 * labelled by hand; Singletons and Services are changed.
 * Must not do what the API would refuse them.
 */
import { ApiError } from '../../src/sandbox/api/api-error.ts';
import { evict } from '../../src/sandbox/api/eviction.ts';
import { type JsonObject, stringAt } from '../../src/sandbox/api/json.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { namespace, selectorOf, serviceOf, singletonOf } from '../world/manifests.ts';
import type { World } from '../world/world.ts';
import { activePod, type Fault, nodeOf, pickFrom, pickSingleton, type Strike, standbyPods } from './fault.ts';

function deletePod(world: World, pod: StoredObject | undefined, graceSeconds?: number): boolean {
  if (pod === undefined) return false;
  const grace = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
  world.store.delete(resourceTypes.pods, namespace, pod.metadata.name, grace);
  return true;
}

function patch(world: World, type: ResourceType, name: string, body: JsonObject): void {
  const place = type.namespaced ? namespace : undefined;
  if (world.store.get(type, place, name) === undefined) return;
  world.store.patch(type, place, name, { type: 'merge', body });
}

function toActive(strike: (world: World, pod: StoredObject) => void): Fault {
  return (given) => {
    const { name } = pickSingleton(given);
    const pod = activePod(given.world, name);
    if (pod === undefined) return undefined;
    strike(given.world, pod);
    return { target: name };
  };
}

export const activeDeleted = toActive((world, pod) => deletePod(world, pod));

export const activeDeletedByForce = toActive((world, pod) => deletePod(world, pod, 0));

export const labelTakenByHand = toActive((world, pod) =>
  patch(world, resourceTypes.pods, pod.metadata.name, { metadata: { labels: { role: null } } }),
);

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

export const standbyNeverToBeChosen: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const pod = pickFrom(standbyPods(strike.world, name), strike.pick);
  if (pod === undefined) return undefined;
  const never = (value: string | null) =>
    patch(strike.world, resourceTypes.pods, pod.metadata.name, {
      metadata: { annotations: { 'understudy.dev/priority': value } },
    });
  never('never');
  return { target: name, lastsMs: Number.POSITIVE_INFINITY, heal: () => never(null) };
};

export const labelActiveByHand: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const pod = pickFrom(standbyPods(strike.world, name), strike.pick);
  if (pod === undefined) return undefined;
  patch(strike.world, resourceTypes.pods, pod.metadata.name, { metadata: { labels: { role: 'active' } } });
  return { target: name };
};

function recordOf(
  world: World,
  singleton: string,
): { readonly type: ResourceType; readonly object: StoredObject } | undefined {
  const slice = world.store
    .list(resourceTypes.endpointslices, { namespace })
    .find(
      ({ metadata }) =>
        metadata.labels?.['kubernetes.io/service-name'] === singleton &&
        metadata.annotations?.['understudy.dev/record-epoch'] !== undefined,
    );
  if (slice !== undefined) return { type: resourceTypes.endpointslices, object: slice };
  const lease = world.store.get(resourceTypes.leases, namespace, `understudy-${singleton}`);
  return lease === undefined ? undefined : { type: resourceTypes.leases, object: lease };
}

export const recordDeleted: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const record = recordOf(strike.world, name);
  if (record === undefined) return undefined;
  strike.world.store.delete(record.type, namespace, record.object.metadata.name);
  return { target: name };
};

/** As after a restore of what somebody had saved at a bad moment. Both are what people do by hand, and judged so. */
export const recordDeletedWithTwoLabels: Fault = (strike) => {
  const labelled = labelActiveByHand(strike);
  const deleted = recordDeleted(strike);
  const done = { 'label-active-by-hand': labelled, 'record-deleted': deleted };
  for (const [kind, struck] of Object.entries(done)) {
    if (struck === undefined) continue;
    strike.world.happened(kind, struck.target).untilMs = strike.world.clock.now();
  }
  return deleted ?? labelled;
};

/** The endpoints of a slice of ours, or a Lease's label: what carries no word of who is active. */
export const recordEdited: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const record = recordOf(strike.world, name);
  if (record === undefined) return undefined;
  const { type, object } = record;
  const body =
    type === resourceTypes.endpointslices
      ? { endpoints: [] }
      : { metadata: { labels: { 'somebody.example/was-here': 'true' } } };
  patch(strike.world, type, object.metadata.name, body);
  return { target: name };
};

export const singletonMadeAnew: Fault = (strike) => {
  const { world } = strike;
  const singleton = pickSingleton(strike);
  if (world.store.get(world.singletonType, namespace, singleton.name) === undefined) return undefined;
  world.store.delete(world.singletonType, namespace, singleton.name);
  return {
    target: singleton.name,
    heal: () => createAnew(world, world.singletonType, singletonOf(singleton)),
  };
};

export const serviceMadeAnew: Fault = (strike) => {
  const { world } = strike;
  const singleton = pickSingleton(strike);
  if (world.store.get(resourceTypes.services, namespace, singleton.name) === undefined) return undefined;
  world.store.delete(resourceTypes.services, namespace, singleton.name);
  return {
    target: singleton.name,
    heal: () => createAnew(world, resourceTypes.services, serviceOf(singleton)),
  };
};

function createAnew(world: World, type: ResourceType, object: JsonObject): void {
  const name = stringAt(object, 'metadata', 'name') ?? '';
  if (world.store.get(type, namespace, name) === undefined) world.store.create(type, object);
}

/** From Direct to Labels or the other way, and back. */
export const serviceChangesMode: Fault = (strike: Strike) => {
  const { world } = strike;
  const singleton = pickSingleton(strike);
  const other = { ...singleton, mode: singleton.mode === 'Direct' ? 'Labels' : 'Direct' } as const;
  const select = (plan: Pick<typeof singleton, 'name' | 'mode'>) =>
    patch(world, resourceTypes.services, singleton.name, { spec: { selector: selectorOf(plan) } });
  select(other);
  return { target: singleton.name, heal: () => select(singleton) };
};
