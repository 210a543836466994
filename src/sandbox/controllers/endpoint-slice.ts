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
  stringsAt,
} from '../api/json.ts';
import { matchesLabels, selectorOfLabels } from '../api/label-selector.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
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
import { ENDPOINTS_PER_SLICE_MAX } from './limits.ts';
import { WorkQueue } from './work-queue.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';

export function startEndpointSliceController(context: ControllerContext): Controller {
  const { link, clock, pods } = context;
  const queue = new WorkQueue(clock, look);
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
    const namespace = pod.metadata.namespace ?? '';
    for (const service of link.list(resourceTypes.services, { namespace })) {
      if (selects(service, pod)) queue.add(keyOf(service));
    }
  }

  /** Someone else may have edited or deleted a slice of ours. */
  function askForOwn({ metadata }: StoredObject): void {
    if (metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER) return;
    queue.add(`${metadata.namespace ?? ''}/${metadata.labels[SERVICE_NAME_LABEL] ?? ''}`);
  }

  function look(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = link.get(resourceTypes.services, namespace, name);
    if (service === undefined || isLeaving(service) || !hasSelector(service)) return;
    const [slice, ...others] = ownSlices(service);
    for (const other of others) {
      link.delete(resourceTypes.endpointslices, namespace, other.metadata.name, { uid: other.metadata.uid });
    }
    const selected = pods.inNamespace(namespace).filter((pod) => selects(service, pod));
    const content = sliceContent(service, selected);
    if (slice === undefined) link.create(resourceTypes.endpointslices, { ...newSlice(service), ...content });
    else if (!jsonEquals({ ...slice, ...content }, slice)) {
      link.update(resourceTypes.endpointslices, { ...slice, ...content });
    }
  }

  function ownSlices(service: StoredObject): readonly StoredObject[] {
    const { namespace = '', name } = service.metadata;
    const labels = { [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER };
    return link.list(resourceTypes.endpointslices, { namespace, labelSelector: selectorOfLabels(labels) });
  }

  return {
    close: () => {
      queue.close();
      for (const stop of unsubscribe) stop();
    },
  };
}

function selectorLabels(service: StoredObject): Readonly<Record<string, string>> {
  return stringsAt(service, 'spec', 'selector');
}

function hasSelector(service: StoredObject): boolean {
  return Object.keys(selectorLabels(service)).length > 0;
}

function selects(service: StoredObject, pod: StoredObject): boolean {
  return (
    hasSelector(service) && matchesLabels(selectorOfLabels(selectorLabels(service)), pod.metadata.labels)
  );
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
