/**
 * Owns what a pod is as an endpoint of a Service: whether it is one, at which addresses, and on which ports.
 * Pure. Must not know slices or Endpoints objects: both are made of this.
 * (staging endpointslice/utils.go getEndpointPorts, FindPort; endpointslice/util ShouldPodBeInEndpoints)
 */
import { isIPv6 } from 'node:net';
import { at, type Json, type JsonObject, listAt, numberAt, stringAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { isTerminal } from './controller.ts';

export type AddressFamily = 'IPv4' | 'IPv6';

/** The families that the Service promises, the first one first. */
export function familiesOf(service: StoredObject): readonly AddressFamily[] {
  const families = listAt(service, 'spec', 'ipFamilies').map((family) =>
    family === 'IPv6' ? ('IPv6' as const) : ('IPv4' as const),
  );
  return families.length === 0 ? ['IPv4'] : families;
}

/** Of those that are selected, the ones that can be reached at all; in the order of their names. */
export function endpointPods(selected: readonly StoredObject[]): readonly StoredObject[] {
  return selected
    .filter((pod) => addressesOf(pod).length > 0 && !isTerminal(pod))
    .toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}

export function addressesIn(pod: StoredObject, family: AddressFamily): readonly string[] {
  return addressesOf(pod).filter((address) => isIPv6(address) === (family === 'IPv6'));
}

function addressesOf(pod: StoredObject): readonly string[] {
  const all = listAt(pod, 'status', 'podIPs').flatMap((entry) => stringAt(entry, 'ip') ?? []);
  const first = stringAt(pod, 'status', 'podIP') ?? '';
  return all.length > 0 || first === '' ? all : [first];
}

export function targetOf({ metadata }: StoredObject): JsonObject {
  const { namespace = '', name, uid } = metadata;
  return { kind: 'Pod', namespace, name, uid };
}

/** The Service's ports as they are on this pod; those that it does not have are left out. */
export function portsOn(pod: StoredObject, service: StoredObject): readonly JsonObject[] {
  return listAt(service, 'spec', 'ports').flatMap((port) => {
    const number = numberOn(pod, port);
    if (number === undefined) return [];
    const appProtocol = stringAt(port, 'appProtocol');
    return [
      {
        name: stringAt(port, 'name') ?? '',
        port: number,
        protocol: protocolOf(port),
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ];
  });
}

function protocolOf(port: Json): string {
  return stringAt(port, 'protocol') ?? 'TCP';
}

/** A name is looked up in the pod's containers, sidecars last. */
function numberOn(pod: StoredObject, port: Json): number | undefined {
  const target = at(port, 'targetPort');
  if (typeof target !== 'string') return numberAt(port, 'targetPort') ?? numberAt(port, 'port');
  const sidecars = listAt(pod, 'spec', 'initContainers').filter(
    (container) => stringAt(container, 'restartPolicy') === 'Always',
  );
  const named = [...listAt(pod, 'spec', 'containers'), ...sidecars]
    .flatMap((container) => listAt(container, 'ports'))
    .find((each) => stringAt(each, 'name') === target && protocolOf(each) === protocolOf(port));
  return numberAt(named, 'containerPort');
}
