/**
 * Owns what people do to Services and Singletons: they are made anew, and a Service changes its mode.
 * Must not do what the API would refuse them.
 */
import { type JsonObject, stringAt } from '../../src/sandbox/api/json.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { namespace, selectorOf, serviceOf, singletonOf } from '../world/manifests.ts';
import type { World } from '../world/world.ts';
import { type Fault, patch, pickSingleton, type Strike } from './fault.ts';
import { activeDeletedByForce } from './people.ts';

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

/** Whatever Kubernetes leaves behind of the mode before is still there then. */
const modeChangeMsMax = 60;

export const activeDeletedAsServiceChangesMode: Fault = (strike: Strike) => {
  const { world, pick } = strike;
  const changed = serviceChangesMode(strike);
  if (changed === undefined) return undefined;
  const change = world.happened('service-changes-mode', changed.target);
  world.clock.schedule(pick * modeChangeMsMax, () => activeDeletedByForce(strike));
  return {
    ...changed,
    heal: () => {
      changed.heal?.();
      change.untilMs = world.clock.now();
    },
  };
};
