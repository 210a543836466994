/**
 * Owns the EndpointSlice controller: the slices of each Service with a selector, holding the pods it selects.
 * Must not touch slices of others, nor its own of a Service that has lost its selector: they stay, ready, for ever.
 * (kubernetes pkg/controller/endpointslice, staging endpointslice/reconciler.go)
 */
import { booleanAt, type Json, type JsonObject, jsonEquals, listAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { ObjectMetadata, StoredObject } from '../api/stored-object.ts';
import {
  HEADLESS_LABEL,
  SERVICE_NAME_LABEL,
  SlicesByService,
  serviceKeyOfSlice,
} from '../slices-by-service.ts';
import type { StoreLink } from '../store-link.ts';
import {
  type Controller,
  type ControllerContext,
  controllerReference,
  forBothLabels,
  isLeaving,
  isPodReady,
  keyOf,
  nodeNameOf,
  selectorLabels,
  splitKey,
} from './controller.ts';
import type { KnownPods } from './known-pods.ts';
import { ENDPOINTS_PER_SLICE_MAX, ENDPOINTS_REACTION_MS } from './limits.ts';
import {
  type AddressFamily,
  addressesIn,
  endpointPods,
  familiesOf,
  portsOn,
  targetOf,
} from './pod-endpoints.ts';
import type { SelectingObjects } from './selecting-objects.ts';
import { planSlices, portsKey, type WantedSlice } from './slice-plan.ts';
import { WorkQueue } from './work-queue.ts';

export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const RESERVED_LABELS = [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL];

export function startEndpointSliceController(context: ControllerContext): Controller {
  return new EndpointSliceController(context);
}

class EndpointSliceController implements Controller {
  readonly #link: StoreLink;
  readonly #pods: KnownPods;
  readonly #services: SelectingObjects;
  readonly #slices: SlicesByService;
  readonly #queue: WorkQueue;
  readonly #unsubscribe: readonly (() => void)[];

  constructor({ link, clock, pods, services }: ControllerContext) {
    this.#link = link;
    this.#pods = pods;
    this.#services = services;
    this.#slices = new SlicesByService(link);
    this.#queue = new WorkQueue(clock, (key) => this.#look(key), ENDPOINTS_REACTION_MS);
    this.#unsubscribe = [
      link.subscribe(resourceTypes.services, ({ object }) => this.#queue.add(keyOf(object))),
      link.subscribe(resourceTypes.pods, (event) => forBothLabels(event, (pod) => this.#askFor(pod))),
      link.subscribe(resourceTypes.endpointslices, (event) =>
        forBothLabels(event, (slice) => this.#askForOwn(slice)),
      ),
      // Pods on a node that nobody knows are no endpoints, until somebody does.
      link.subscribe(resourceTypes.nodes, ({ type, object }) => {
        if (type === 'ADDED') for (const pod of pods.onNode(object.metadata.name)) this.#askFor(pod);
      }),
    ];
    link.onReconnected(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  close(): void {
    this.#queue.close();
    this.#slices.close();
    for (const stop of this.#unsubscribe) stop();
  }

  #lookAtAll(): void {
    for (const service of this.#link.list(resourceTypes.services)) this.#queue.add(keyOf(service));
  }

  #askFor(pod: StoredObject): void {
    for (const key of this.#services.of(pod)) this.#queue.add(key);
  }

  /** Someone else may have edited or deleted a slice of ours, or given it away. */
  #askForOwn(slice: StoredObject): void {
    const key = serviceKeyOfSlice(slice);
    if (key !== undefined && isOwn(slice)) this.#queue.add(key);
  }

  #look(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = this.#link.get(resourceTypes.services, namespace, name);
    if (service === undefined || isLeaving(service)) return;
    const labels = selectorLabels(service);
    if (Object.keys(labels).length === 0 || stringAt(service, 'spec', 'type') === 'ExternalName') return;
    const hasNode = (pod: StoredObject) =>
      this.#link.get(resourceTypes.nodes, undefined, nodeNameOf(pod)) !== undefined;
    this.#carryOut(service, wantedSlices(service, this.#pods.withLabels(namespace, labels), hasNode));
  }

  #carryOut(service: StoredObject, wanted: readonly WantedSlice[]): void {
    const own = this.#slices.of(keyOf(service)).filter((slice) => isOwn(slice) && !isLeaving(slice));
    const plan = planSlices(
      own.filter((slice) => isOwnedBy(slice, service)),
      wanted,
    );
    for (const each of plan.create) this.#link.create(resourceTypes.endpointslices, newSlice(service, each));
    const labels = labelsFor(service);
    for (const { slice, wanted: content } of plan.keep) {
      const metadata = withLabels(slice.metadata, labels);
      const next = { ...slice, ...asStored(content, slice), metadata };
      if (!jsonEquals(next, slice)) this.#link.update(resourceTypes.endpointslices, next);
    }
    // Of a Service that had this name before, too.
    for (const { metadata } of [...plan.remove, ...own.filter((slice) => !isOwnedBy(slice, service))]) {
      const { namespace, name, uid } = metadata;
      this.#link.delete(resourceTypes.endpointslices, namespace, name, { uid });
    }
  }
}

function isOwn({ metadata }: StoredObject): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
}

function isOwnedBy({ metadata }: StoredObject, service: StoredObject): boolean {
  return (metadata.ownerReferences ?? []).some(
    ({ kind, uid }) => kind === 'Service' && uid === service.metadata.uid,
  );
}

/**
 * As it comes back from storage: where there are none, both lists are null. What is as in `before` is taken from there:
 * the store neither copies nor checks it again.
 */
export function asStored({ addressType, ports, endpoints }: WantedSlice, before?: StoredObject): JsonObject {
  return {
    addressType,
    ports: sharedList(ports, listAt(before, 'ports')),
    endpoints: sharedList(endpoints, listAt(before, 'endpoints')),
  };
}

function sharedList(wanted: readonly JsonObject[], before: readonly Json[]): readonly Json[] | null {
  if (wanted.length === 0) return null;
  if (jsonEquals(wanted, before)) return before;
  return wanted.map((item, index) => {
    const same = before[index];
    return same !== undefined && jsonEquals(item, same) ? same : item;
  });
}

/** The same object where the labels are these already. */
export function withLabels(
  metadata: ObjectMetadata,
  labels: Readonly<Record<string, string>>,
): ObjectMetadata {
  return jsonEquals(metadata.labels ?? {}, labels) ? metadata : { ...metadata, labels };
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
