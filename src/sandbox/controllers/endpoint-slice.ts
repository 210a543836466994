/**
 * Owns the EndpointSlice controller: the slices of each Service with a selector, holding the pods it selects.
 * Must not touch slices of others, nor its own of a Service that has lost its selector: they stay, ready, for ever.
 * (kubernetes pkg/controller/endpointslice, staging endpointslice/reconciler.go)
 */
import { booleanAt, type JsonObject, jsonEquals, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import {
  HEADLESS_LABEL,
  SERVICE_NAME_LABEL,
  SlicesByService,
  serviceKeyOfSlice,
} from '../slices-by-service.ts';
import {
  type Controller,
  type ControllerContext,
  controllerReference,
  isLeaving,
  isPodReady,
  keyOf,
  nodeNameOf,
  selectorLabels,
  splitKey,
} from './controller.ts';
import { ENDPOINTS_PER_SLICE_MAX, ENDPOINTS_REACTION_MS } from './limits.ts';
import {
  type AddressFamily,
  addressesIn,
  endpointPods,
  familiesOf,
  portsOn,
  targetOf,
} from './pod-endpoints.ts';
import { planSlices, portsKey, type WantedSlice } from './slice-plan.ts';
import { WorkQueue } from './work-queue.ts';

export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const RESERVED_LABELS = [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL];

export function startEndpointSliceController({ link, clock, pods, services }: ControllerContext): Controller {
  const slices = new SlicesByService(link);
  const queue = new WorkQueue(clock, look, ENDPOINTS_REACTION_MS);
  const unsubscribe = [
    link.subscribe(resourceTypes.services, ({ object }) => queue.add(keyOf(object))),
    link.subscribe(resourceTypes.pods, ({ object, previous }) => {
      askFor(object);
      if (previous !== undefined && previous.metadata.labels !== object.metadata.labels) askFor(previous);
    }),
    link.subscribe(resourceTypes.endpointslices, ({ object, previous }) => {
      askForOwn(object);
      if (previous !== undefined && previous.metadata.labels !== object.metadata.labels) askForOwn(previous);
    }),
    // Pods on a node that nobody knows are no endpoints, until somebody does.
    link.subscribe(resourceTypes.nodes, ({ type, object }) => {
      if (type === 'ADDED') for (const pod of pods.onNode(object.metadata.name)) askFor(pod);
    }),
  ];
  link.onReconnected(lookAtAll);
  lookAtAll();

  function lookAtAll(): void {
    for (const service of link.list(resourceTypes.services)) queue.add(keyOf(service));
  }

  function askFor(pod: StoredObject): void {
    for (const key of services.of(pod)) queue.add(key);
  }

  /** Someone else may have edited or deleted a slice of ours, or given it away. */
  function askForOwn(slice: StoredObject): void {
    const key = serviceKeyOfSlice(slice);
    if (key !== undefined && isOwn(slice)) queue.add(key);
  }

  function look(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = link.get(resourceTypes.services, namespace, name);
    if (service === undefined || isLeaving(service) || stringAt(service, 'spec', 'type') === 'ExternalName')
      return;
    const labels = selectorLabels(service);
    if (Object.keys(labels).length === 0) return;
    const hasNode = (pod: StoredObject) =>
      link.get(resourceTypes.nodes, undefined, nodeNameOf(pod)) !== undefined;
    carryOut(service, wantedSlices(service, pods.withLabels(namespace, labels), hasNode));
  }

  function carryOut(service: StoredObject, wanted: readonly WantedSlice[]): void {
    const own = slices.of(keyOf(service)).filter((slice) => isOwn(slice) && !isLeaving(slice));
    const plan = planSlices(
      own.filter((slice) => isOwnedBy(slice, service)),
      wanted,
    );
    for (const each of plan.create) link.create(resourceTypes.endpointslices, newSlice(service, each));
    for (const { slice, wanted: content } of plan.keep) {
      const metadata = { ...slice.metadata, labels: labelsFor(service) };
      const next = { ...slice, ...asStored(content), metadata };
      if (!jsonEquals(next, slice)) link.update(resourceTypes.endpointslices, next);
    }
    // Of a Service that had this name before, too.
    for (const { metadata } of [...plan.remove, ...own.filter((slice) => !isOwnedBy(slice, service))])
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

function isOwnedBy({ metadata }: StoredObject, service: StoredObject): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ kind, uid }) => kind === 'Service' && uid === service.metadata.uid,
  );
}

/** As it comes back from storage: where there are none, both lists are null. */
export function asStored({ addressType, ports, endpoints }: WantedSlice): JsonObject {
  return {
    addressType,
    ports: ports.length === 0 ? null : ports,
    endpoints: endpoints.length === 0 ? null : endpoints,
  };
}

function newSlice(service: StoredObject, content: WantedSlice): JsonObject {
  const { namespace, name } = service.metadata;
  return {
    ...asStored(content),
    metadata: {
      namespace,
      generateName: `${name}-`,
      labels: labelsFor(service),
      ownerReferences: [{ ...controllerReference(service) }],
    },
  };
}

function labelsFor(service: StoredObject): Readonly<Record<string, string>> {
  const given = Object.entries(service.metadata.labels ?? {}).filter(
    ([label]) => !RESERVED_LABELS.includes(label),
  );
  return {
    ...Object.fromEntries(given),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGER,
    ...(hasClusterIP(service) ? {} : { [HEADLESS_LABEL]: '' }),
  };
}

/** "None" and nothing are both headless to who reads it (IsServiceIPSet). */
export function hasClusterIP(service: StoredObject): boolean {
  const clusterIP = stringAt(service, 'spec', 'clusterIP') ?? '';
  return clusterIP !== '' && clusterIP !== 'None';
}

/** Pure: for each family one slice for each set of ports that its pods have; an empty one where there are none. */
export function wantedSlices(
  service: StoredObject,
  selected: readonly StoredObject[],
  hasNode: (pod: StoredObject) => boolean,
): readonly WantedSlice[] {
  const notReadyToo = booleanAt(service, 'spec', 'publishNotReadyAddresses') ?? false;
  const present = endpointPods(selected).filter((pod) => notReadyToo || hasNode(pod));
  return familiesOf(service).flatMap((family) => {
    const groups = Map.groupBy(
      present.filter((pod) => addressesIn(pod, family).length > 0),
      (pod) => portsKey(portsOn(pod, service)),
    );
    if (groups.size === 0) return [{ addressType: family, ports: [], endpoints: [] }];
    return [...groups.values()].map((members): WantedSlice => {
      const [first] = members;
      return {
        addressType: family,
        ports: first === undefined ? [] : portsOn(first, service),
        endpoints: members
          .slice(0, ENDPOINTS_PER_SLICE_MAX)
          .map((pod) => endpointOf(pod, family, notReadyToo)),
      };
    });
  });
}

function endpointOf(pod: StoredObject, family: AddressFamily, notReadyToo: boolean): JsonObject {
  const serving = isPodReady(pod);
  const terminating = isLeaving(pod);
  const nodeName = nodeNameOf(pod);
  return {
    addresses: addressesIn(pod, family),
    conditions: { ready: notReadyToo || (serving && !terminating), serving, terminating },
    ...(nodeName === '' ? {} : { nodeName }),
    targetRef: targetOf(pod),
  };
}
