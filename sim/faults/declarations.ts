/**
 * Owns what people do to Services and Singletons: they are made anew, and a Service changes its mode.
 * Must not do what the API would refuse them.
 */
import type { JsonObject } from '../../src/sandbox/api/json.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { SingletonPlan } from '../swarm/plan.ts';
import { namespace, selectorOf, serviceOf, singletonOf } from '../world/manifests.ts';
import type { World } from '../world/world.ts';
import { type Fault, patch, pickSingleton, type Strike } from './fault.ts';
import { activeDeletedByForce } from './people.ts';

function madeAnew(
  typeIn: (world: World) => ResourceType,
  objectOf: (singleton: SingletonPlan) => JsonObject,
): Fault {
  return (strike) => {
    const { store } = strike.world;
    const singleton = pickSingleton(strike);
    const type = typeIn(strike.world);
    const isThere = () => store.get(type, namespace, singleton.name) !== undefined;
    if (!isThere()) return undefined;
    store.delete(type, namespace, singleton.name);
    const heal = () => {
      if (!isThere()) store.create(type, objectOf(singleton));
    };
    return { target: singleton.name, heal };
  };
}

export const singletonMadeAnew = madeAnew(({ singletonType }) => singletonType, singletonOf);
export const serviceMadeAnew = madeAnew(() => resourceTypes.services, serviceOf);

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
  world.clock.schedule(pick * modeChangeMsMax, () => activeDeletedByForce(strike));
  return { ...changed, also: [{ kind: 'service-changes-mode', target: changed.target }] };
};
