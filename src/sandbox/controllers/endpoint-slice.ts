/**
 * Owns the EndpointSlice controller: one slice for each Service with a selector, holding the pods it selects.
 * A Service that loses its selector keeps its last slice, as with the real one; slices of others are left alone.
 * (kubernetes pkg/controller/endpointslice, staging endpointslice/utils.go podToEndpoint)
 */
import {
  booleanAt,
  isJsonObject,
  type Json,
  type JsonObject,
  jsonEquals,
  listAt,
  numberAt,
  stringAt,
} from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { SERVICE_NAME_LABEL, SlicesByService, serviceKeyOfSlice } from '../slices-by-service.ts';
import {
  type Controller,
  type ControllerContext,
  controllerReference,
  isLeaving,
  isPodReady,
  isTerminal,
  keyOf,
  nodeNameOf,
  splitKey,
} from './controller.ts';
import { ENDPOINTS_PER_SLICE_MAX, ENDPOINTS_REACTION_MS } from './limits.ts';
import { SelectingServices, selectorLabels } from './selecting-services.ts';
import { WorkQueue } from './work-queue.ts';

const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';

export function startEndpointSliceController({ link, clock, pods }: ControllerContext): Controller {
  const services = new SelectingServices(link);
  const slices = new SlicesByService(link);
  const queue = new WorkQueue(clock, look, ENDPOINTS_REACTION_MS);
  const unsubscribe = [
    link.subscribe(resourceTypes.services, ({ object }) => queue.add(keyOf(object))),
    link.subscribe(resourceTypes.pods, ({ object, previous }) => {
      askFor(object);
      if (previous !== undefined && previous.metadata.labels !== object.metadata.labels) askFor(previous);
    }),
    link.subscribe(resourceTypes.endpointslices, ({ object }) => askForOwn(object)),
  ];
  link.onReconnected(lookAtAll);
  lookAtAll();

  function lookAtAll(): void {
    for (const service of link.list(resourceTypes.services)) queue.add(keyOf(service));
  }

  function askFor(pod: StoredObject): void {
    for (const key of services.of(pod)) queue.add(key);
  }

  /** Someone else may have edited or deleted a slice of ours. */
  function askForOwn(slice: StoredObject): void {
    const key = serviceKeyOfSlice(slice);
    if (key !== undefined && isOwn(slice)) queue.add(key);
  }

  function look(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = link.get(resourceTypes.services, namespace, name);
    if (service === undefined || isLeaving(service)) return;
    const labels = selectorLabels(service);
    if (Object.keys(labels).length === 0) return;
    const [slice, ...others] = slices.of(key).filter(isOwn);
    for (const { metadata } of others) {
      link.delete(resourceTypes.endpointslices, namespace, metadata.name, { uid: metadata.uid });
    }
    const content = sliceContent(service, pods.withLabels(namespace, labels));
    if (slice === undefined) link.create(resourceTypes.endpointslices, { ...newSlice(service), ...content });
    else if (!jsonEquals({ ...slice, ...content }, slice)) {
      link.update(resourceTypes.endpointslices, { ...slice, ...content });
    }
  }

  return {
    close: () => {
      queue.close();
      services.close();
      slices.close();
      for (const stop of unsubscribe) stop();
    },
  };
}

function isOwn({ metadata }: StoredObject): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
}

function newSlice(service: StoredObject): JsonObject {
  const { namespace, name } = service.metadata;
  const headless =
    stringAt(service, 'spec', 'clusterIP') === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
  return {
    addressType: 'IPv4',
    metadata: {
      namespace,
      generateName: `${name}-`,
      labels: {
        ...service.metadata.labels,
        [SERVICE_NAME_LABEL]: name,
        [MANAGED_BY_LABEL]: MANAGER,
        ...headless,
      },
      ownerReferences: [{ ...controllerReference(service) }],
    },
  };
}

/** Pure: the endpoints and ports of the one slice. Pods without an address, and ended ones, are no endpoints. */
export function sliceContent(
  service: StoredObject,
  selected: readonly StoredObject[],
): { readonly endpoints: readonly JsonObject[]; readonly ports: readonly JsonObject[] } {
  const present = selected
    .filter((pod) => stringAt(pod, 'status', 'podIP') !== undefined && !isTerminal(pod))
    .toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))
    .slice(0, ENDPOINTS_PER_SLICE_MAX);
  const notReadyToo = booleanAt(service, 'spec', 'publishNotReadyAddresses') ?? false;
  const [first] = present;
  const ports = listAt(service, 'spec', 'ports').flatMap((port) => slicePort(port, first));
  return {
    endpoints: present.map((pod) => endpointOf(pod, notReadyToo)),
    ports: first === undefined ? [] : ports,
  };
}

function endpointOf(pod: StoredObject, notReadyToo: boolean): JsonObject {
  const serving = isPodReady(pod);
  const terminating = isLeaving(pod);
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [stringAt(pod, 'status', 'podIP') ?? ''],
    conditions: { ready: notReadyToo || (serving && !terminating), serving, terminating },
    nodeName: nodeNameOf(pod),
    targetRef: { kind: 'Pod', namespace: namespace ?? '', name, uid },
  };
}

/** A named target port is looked up in the pod; pods that name it differently would need slices of their own. */
function slicePort(port: Json, pod: StoredObject | undefined): readonly JsonObject[] {
  const target = isJsonObject(port) ? port.targetPort : undefined;
  const number =
    typeof target === 'string'
      ? namedPort(pod, target)
      : (numberAt(port, 'targetPort') ?? numberAt(port, 'port'));
  if (number === undefined) return [];
  const appProtocol = stringAt(port, 'appProtocol');
  return [
    {
      name: stringAt(port, 'name') ?? '',
      port: number,
      protocol: stringAt(port, 'protocol') ?? 'TCP',
      ...(appProtocol === undefined ? {} : { appProtocol }),
    },
  ];
}

function namedPort(pod: StoredObject | undefined, name: string): number | undefined {
  const ports = listAt(pod, 'spec', 'containers').flatMap((container) => listAt(container, 'ports'));
  return numberAt(
    ports.find((port) => stringAt(port, 'name') === name),
    'containerPort',
  );
}
