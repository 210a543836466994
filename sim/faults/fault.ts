/**
 * Owns what a fault is: it strikes a world, and may be over later. And how it finds its target.
 * Must not hold any fault.
 */
import { type JsonObject, numberAt, stringAt } from '../../src/sandbox/api/json.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import type { FaultKind } from '../swarm/fault-kinds.ts';
import type { SingletonPlan } from '../swarm/plan.ts';
import type { Application } from '../world/application.ts';
import type { ControllerHost } from '../world/controller-host.ts';
import { namespace } from '../world/manifests.ts';
import type { World } from '../world/world.ts';

export interface Strike {
  readonly world: World;
  /** 0 to 1: chooses the target. */
  readonly pick: number;
  readonly lastsMs: number;
}

export interface Struck {
  /** Undefined: nobody in particular. */
  readonly target: string | undefined;
  /** Takes it back, where it lasts. Called once. */
  readonly heal?: () => void;
  /** What it also is, for those who judge: as long as it lasts itself. */
  readonly also?: readonly { readonly kind: FaultKind; readonly target: string | undefined }[];
  /** Where it takes its own time, whatever was planned; infinite: until everything heals. */
  readonly lastsMs?: number;
  /** It stays as it is when everything else heals. */
  readonly isForGood?: boolean;
}

/** Undefined: there is nothing that it could strike at the moment. */
export type Fault = (strike: Strike) => Struck | undefined;

export function pickFrom<Item>(items: readonly Item[], pick: number): Item | undefined {
  return items[Math.min(items.length - 1, Math.floor(pick * items.length))];
}

export function pickSingleton({ world, pick }: Strike): SingletonPlan {
  const singleton = pickFrom(world.plan.singletons, pick);
  if (singleton === undefined) throw new TypeError('a world without singletons');
  return singleton;
}

export function pickController({ world, pick }: Strike): ControllerHost | undefined {
  return pickFrom(
    world.controllers.filter(({ isAlive }) => isAlive),
    pick,
  );
}

interface NamedHolder {
  readonly uid: string | undefined;
  readonly epoch: number;
  readonly isRetired: boolean;
}

function namedHolders(world: World, singleton: string): readonly NamedHolder[] {
  const word = (object: StoredObject, name: string) =>
    object.metadata.annotations?.[`understudy.dev/${name}`];
  const slices = world.store
    .list(resourceTypes.endpointslices, { namespace })
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === singleton)
    .filter((slice) => word(slice, 'record-epoch') !== undefined);
  const lease = world.store.get(resourceTypes.leases, namespace, `understudy-${singleton}`);
  return [...slices, ...(lease === undefined ? [] : [lease])].map((object) => ({
    uid: word(object, 'holder-uid'),
    epoch: Number(word(object, 'record-epoch') ?? numberAt(object, 'spec', 'leaseTransitions')),
    isRetired: word(object, 'moved-to') !== undefined,
  }));
}

/** Whom the record names at the moment, as the API has it. */
export function holderUid(world: World, singleton: string): string | undefined {
  return namedHolders(world, singleton).find(({ isRetired }) => !isRetired)?.uid;
}

/** Whom a record named last, also one that has given way. */
export function lastHolderUid(world: World, singleton: string): string | undefined {
  return [...namedHolders(world, singleton)].sort((left, right) => right.epoch - left.epoch)[0]?.uid;
}

/** The pod that has the role; undefined where there is none. */
export function activePod(world: World, singleton: string): StoredObject | undefined {
  const uid = holderUid(world, singleton);
  return world.pods(singleton).find(({ metadata }) => metadata.uid === uid);
}

export function standbyPods(world: World, singleton: string): readonly StoredObject[] {
  const uid = holderUid(world, singleton);
  return world.pods(singleton).filter(({ metadata }) => metadata.uid !== uid);
}

export function applicationOf(world: World, pod: StoredObject | undefined): Application | undefined {
  return pod === undefined ? undefined : world.applications.livingOf(pod.metadata.uid)[0];
}

export function nodeOf(pod: StoredObject | undefined): string {
  return stringAt(pod, 'spec', 'nodeName') ?? '';
}

export function kill(world: World, application: Application | undefined): void {
  if (application === undefined) return;
  world.processes.running.get(application.pid)?.signal('SIGKILL');
}

/** A merge patch by whoever may; nothing where it is not there. */
export function patch(world: World, type: ResourceType, name: string, body: JsonObject): void {
  const place = type.namespaced ? namespace : undefined;
  if (world.store.get(type, place, name) === undefined) return;
  world.store.patch(type, place, name, { type: 'merge', body });
}

/** What is done to the pod that has the role. */
export function toActive(strike: (world: World, pod: StoredObject) => void): Fault {
  return (given) => {
    const { name } = pickSingleton(given);
    const pod = activePod(given.world, name);
    if (pod === undefined) return undefined;
    strike(given.world, pod);
    return { target: name };
  };
}
