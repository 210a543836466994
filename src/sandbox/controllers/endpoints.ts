/**
 * Owns the endpoints controller: an Endpoints object, EndpointSlice's predecessor, for each Service with a selector.
 * Must not touch that of a Service that has lost its selector: it stays as it is, until it or its Service is deleted.
 * (kubernetes pkg/controller/endpoint/endpoints_controller.go)
 */
import { booleanAt, type JsonObject, jsonEquals, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { HEADLESS_LABEL } from '../slices-by-service.ts';
import {
  type Controller,
  type ControllerContext,
  forBothLabels,
  isLeaving,
  isPodReady,
  keyOf,
  nodeNameOf,
  selectorLabels,
  splitKey,
} from './controller.ts';
import { hasClusterIP, withLabels } from './endpoint-slice.ts';
import { repacked, type Subset, sameSubsets, storedSubset, subsetsOf } from './endpoint-subsets.ts';
import { ASIDE_REACTION_MS, ENDPOINTS_ADDRESSES_MAX } from './limits.ts';
import { addressesIn, endpointPods, familiesOf, portsOn, targetOf } from './pod-endpoints.ts';
import { WorkQueue } from './work-queue.ts';

const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';

export function startEndpointsController({ link, clock, pods, services }: ControllerContext): Controller {
  const queue = new WorkQueue(clock, look, ASIDE_REACTION_MS);
  const unsubscribe = [
    link.subscribe(resourceTypes.services, ({ object }) => queue.add(keyOf(object))),
    link.subscribe(resourceTypes.pods, (event) => forBothLabels(event, askFor)),
    // One that somebody else has changed stays changed until there is another reason to look.
    link.subscribe(resourceTypes.endpoints, ({ type, object }) => {
      if (type === 'DELETED') queue.add(keyOf(object));
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

  function look(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = link.get(resourceTypes.services, namespace, name);
    const current = link.get(resourceTypes.endpoints, namespace, name);
    if (service === undefined || stringAt(service, 'spec', 'type') === 'ExternalName') return;
    const selector = selectorLabels(service);
    if (Object.keys(selector).length === 0) return;
    const subsets = subsetsFor(service, pods.withLabels(namespace, selector));
    const labels = labelsFor(service);
    const isRight = sameSubsets(subsetsOf(current), subsets) && jsonEquals(current?.metadata.labels, labels);
    if (current === undefined) {
      const metadata = { namespace, name, labels };
      link.create(resourceTypes.endpoints, { metadata, ...storedSubsets(subsets) });
    } else if (!isRight) {
      const { subsets: _before, ...rest } = current;
      const metadata = withLabels(current.metadata, labels);
      link.update(resourceTypes.endpoints, { ...rest, metadata, ...storedSubsets(subsets) });
    }
  }

  return {
    close: () => {
      queue.close();
      for (const stop of unsubscribe) stop();
    },
  };
}

function storedSubsets(subsets: readonly Subset[]): JsonObject {
  return subsets.length === 0 ? {} : { subsets: subsets.map(storedSubset) };
}

function labelsFor(service: StoredObject): Readonly<Record<string, string>> {
  const { [HEADLESS_LABEL]: _own, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(hasClusterIP(service) ? {} : { [HEADLESS_LABEL]: '' }),
    [MANAGED_BY_LABEL]: MANAGER,
  };
}

/** Pure: pods that are leaving are none of it, unless its Service publishes those that are not ready. */
export function subsetsFor(service: StoredObject, selected: readonly StoredObject[]): readonly Subset[] {
  const notReadyToo = booleanAt(service, 'spec', 'publishNotReadyAddresses') ?? false;
  const [family = 'IPv4'] = familiesOf(service);
  const present = endpointPods(selected)
    .filter((pod) => notReadyToo || !isLeaving(pod))
    .slice(0, ENDPOINTS_ADDRESSES_MAX);
  return repacked(
    present.flatMap((pod): readonly Subset[] => {
      const [ip] = addressesIn(pod, family);
      const ports = portsOn(pod, service).map(withoutEmptyName);
      const needsPorts = stringAt(service, 'spec', 'clusterIP') !== 'None';
      if (ip === undefined || (ports.length === 0 && needsPorts)) return [];
      const address = { ip, nodeName: nodeNameOf(pod), targetRef: targetOf(pod) };
      const ready = notReadyToo || isPodReady(pod);
      return [{ addresses: ready ? [address] : [], notReadyAddresses: ready ? [] : [address], ports }];
    }),
  );
}

/** Here, unlike in a slice, a port without a name has none. */
function withoutEmptyName({ name, ...port }: JsonObject): JsonObject {
  return name === '' ? port : { name, ...port };
}
