/**
 * Owns what people do by hand to what is the controllers' own: labels, annotations, the record.
 * Must not do what the API would refuse them.
 */
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { namespace } from '../world/manifests.ts';
import type { World } from '../world/world.ts';
import { type Fault, patch, pickFrom, pickSingleton, standbyPods, toActive } from './fault.ts';

export const labelTakenByHand = toActive((world, pod) =>
  patch(world, resourceTypes.pods, pod.metadata.name, { metadata: { labels: { role: null } } }),
);

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
  const either = deleted ?? labelled;
  if (either === undefined) return undefined;
  const also = [
    ...(labelled === undefined ? [] : [{ kind: 'label-active-by-hand', target: labelled.target } as const]),
    ...(deleted === undefined ? [] : [{ kind: 'record-deleted', target: deleted.target } as const]),
  ];
  return { ...either, also };
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
