/**
 * Owns the EndpointSlice mirroring controller: what an Endpoints object says of a Service without a selector is said in
 * slices too, which is all that proxies read; that includes what is left behind when a Service loses its selector.
 * Must not touch slices of others. (kubernetes pkg/controller/endpointslicemirroring)
 */
import { isIPv6 } from 'node:net';
import { at, type JsonObject, jsonEquals, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { SERVICE_NAME_LABEL, SlicesByService, serviceKeyOfSlice } from '../slices-by-service.ts';
import {
  type Controller,
  type ControllerContext,
  controllerReference,
  isLeaving,
  keyOf,
  selectorLabels,
  splitKey,
} from './controller.ts';
import { asStored, MANAGED_BY_LABEL } from './endpoint-slice.ts';
import { repacked, subsetsOf } from './endpoint-subsets.ts';
import { ASIDE_REACTION_MS, MIRRORED_ENDPOINTS_MAX } from './limits.ts';
import { planSlices, type WantedSlice } from './slice-plan.ts';
import { WorkQueue } from './work-queue.ts';

const MANAGER = 'endpointslicemirroring-controller.k8s.io';
const SKIP_MIRROR_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const ANNOTATIONS_LEFT_OUT = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
];

export function startEndpointSliceMirroring({ link, clock }: ControllerContext): Controller {
  const slices = new SlicesByService(link);
  const queue = new WorkQueue(clock, look, ASIDE_REACTION_MS);
  const unsubscribe = [
    link.subscribe(resourceTypes.endpoints, ({ object }) => queue.add(keyOf(object))),
    link.subscribe(resourceTypes.services, ({ object, previous }) => {
      if (!hasSelector(object) || (previous !== undefined && !hasSelector(previous)))
        queue.add(keyOf(object));
    }),
    link.subscribe(resourceTypes.endpointslices, ({ object }) => {
      const key = serviceKeyOfSlice(object);
      if (key !== undefined && isOwn(object)) queue.add(key);
    }),
  ];
  link.onReconnected(lookAtAll);
  lookAtAll();

  function lookAtAll(): void {
    for (const endpoints of link.list(resourceTypes.endpoints)) queue.add(keyOf(endpoints));
  }

  function look(key: string): void {
    const [namespace, name] = splitKey(key);
    const endpoints = link.get(resourceTypes.endpoints, namespace, name);
    const service = link.get(resourceTypes.services, namespace, name);
    const own = slices.of(key).filter((slice) => isOwn(slice) && !isLeaving(slice));
    const isMirrored = service !== undefined && !hasSelector(service) && mayBeMirrored(endpoints);
    if (!isMirrored || endpoints === undefined) own.forEach(remove);
    else mirror(endpoints, own);
  }

  function mirror(endpoints: StoredObject, own: readonly StoredObject[]): void {
    const plan = planSlices(own, mirroredSlices(endpoints));
    for (const each of plan.create)
      link.create(resourceTypes.endpointslices, {
        ...asStored(each),
        metadata: {
          ...metadataFor(endpoints),
          namespace: endpoints.metadata.namespace,
          generateName: `${endpoints.metadata.name}-`,
        },
      });
    for (const { slice, wanted } of plan.keep) {
      const metadata = { ...slice.metadata, annotations: undefined, ...metadataFor(endpoints) };
      const next = { ...slice, ...asStored(wanted), metadata };
      if (!jsonEquals(next, slice)) link.update(resourceTypes.endpointslices, next);
    }
    plan.remove.forEach(remove);
  }

  function remove({ metadata }: StoredObject): void {
    link.delete(resourceTypes.endpointslices, metadata.namespace, metadata.name, { uid: metadata.uid });
  }

  return {
    close: () => {
      queue.close();
      slices.close();
      for (const stop of unsubscribe) stop();
    },
  };
}

function isOwn({ metadata }: StoredObject): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
}

function hasSelector(service: StoredObject): boolean {
  return Object.keys(selectorLabels(service)).length > 0;
}

function mayBeMirrored(endpoints: StoredObject | undefined): boolean {
  const { labels = {}, annotations = {} } = endpoints?.metadata ?? {};
  return labels[SKIP_MIRROR_LABEL] !== 'true' && annotations[LEADER_ANNOTATION] === undefined;
}

function metadataFor(endpoints: StoredObject): JsonObject {
  const { name, labels, annotations = {} } = endpoints.metadata;
  const kept = Object.entries(annotations).filter(([key]) => !ANNOTATIONS_LEFT_OUT.includes(key));
  return {
    labels: { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER },
    ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
    ownerReferences: [{ ...controllerReference(endpoints) }],
  };
}

/** Pure: one for each address type and set of ports; only `ready` is known of an endpoint. */
export function mirroredSlices(endpoints: StoredObject): readonly WantedSlice[] {
  return repacked(subsetsOf(endpoints)).flatMap((subset) =>
    ['IPv4', 'IPv6'].flatMap((addressType) => {
      const of = (list: readonly JsonObject[], ready: boolean) =>
        list
          .filter((address) => isIPv6(stringAt(address, 'ip') ?? '') === (addressType === 'IPv6'))
          .map((address) => endpointOf(address, ready));
      const found = [...of(subset.addresses, true), ...of(subset.notReadyAddresses, false)];
      if (found.length === 0) return [];
      const ports = subset.ports.map((port) => ({ name: '', ...port }));
      return [{ addressType, ports, endpoints: found.slice(0, MIRRORED_ENDPOINTS_MAX) }];
    }),
  );
}

function endpointOf(address: JsonObject, ready: boolean): JsonObject {
  const { ip, hostname, nodeName } = address;
  const targetRef = at(address, 'targetRef');
  return {
    addresses: [ip ?? ''],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}
