/**
 * Owns the subsets of an Endpoints object in their canonical form: each set of addresses once, with all of its ports.
 * Pure. Must not know where addresses come from. (kubernetes pkg/api/v1/endpoints/util.go RepackSubsets)
 */
import { type Json, type JsonObject, listAt, numberAt, objectAt, stringAt } from '../api/json.ts';

export interface Subset {
  readonly addresses: readonly JsonObject[];
  readonly notReadyAddresses: readonly JsonObject[];
  readonly ports: readonly JsonObject[];
}

export function subsetsOf(endpoints: unknown): readonly Subset[] {
  return listAt(endpoints, 'subsets').map((subset) => ({
    addresses: objectsAt(subset, 'addresses'),
    notReadyAddresses: objectsAt(subset, 'notReadyAddresses'),
    ports: objectsAt(subset, 'ports'),
  }));
}

function objectsAt(owner: Json, list: string): readonly JsonObject[] {
  return listAt(owner, list).map((item) => objectAt({ item }, 'item'));
}

/** As it is stored: empty lists are left out. */
export function storedSubset(subset: Subset): JsonObject {
  return Object.fromEntries(Object.entries(subset).filter(([, list]) => list.length > 0));
}

/** Addresses by what tells them apart; an address that is ready anywhere on a port is ready there. */
type Addresses = Map<string, { readonly address: JsonObject; readonly ready: boolean }>;

export function repacked(subsets: readonly Subset[]): readonly Subset[] {
  const byPort = new Map<string, { readonly port: JsonObject | undefined; readonly addresses: Addresses }>();
  for (const { addresses, notReadyAddresses, ports } of subsets) {
    for (const port of ports.length === 0 ? [undefined] : ports) {
      const key = JSON.stringify(portParts(port));
      const known = byPort.get(key) ?? { port, addresses: new Map() };
      byPort.set(key, known);
      for (const address of addresses) put(known.addresses, address, true);
      for (const address of notReadyAddresses) put(known.addresses, address, false);
    }
  }
  const groups = Map.groupBy(byPort.values(), ({ addresses }) => addressesKey(addresses));
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    const ports = members.flatMap(({ port }) => (port === undefined ? [] : [port]));
    return first === undefined ? [] : [subsetFor(first.addresses, ports)];
  });
}

function portParts(port: JsonObject | undefined): readonly unknown[] {
  return [
    stringAt(port, 'name') ?? '',
    numberAt(port, 'port'),
    stringAt(port, 'protocol'),
    stringAt(port, 'appProtocol'),
  ];
}

function put(addresses: Addresses, address: JsonObject, ready: boolean): void {
  const key = addressKey(address);
  const known = addresses.get(key);
  addresses.set(key, { address: known?.address ?? address, ready: ready || known?.ready === true });
}

function addressKey(address: JsonObject): string {
  return `${stringAt(address, 'ip') ?? ''} ${stringAt(address, 'targetRef', 'uid') ?? ''}`;
}

function addressesKey(addresses: Addresses): string {
  return [...addresses]
    .map(([key, { ready }]) => `${key} ${ready}`)
    .sort()
    .join();
}

function subsetFor(addresses: Addresses, ports: readonly JsonObject[]): Subset {
  const sorted = [...addresses].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const those = (wanted: boolean) =>
    sorted.filter(([, { ready }]) => ready === wanted).map(([, { address }]) => address);
  return { addresses: those(true), notReadyAddresses: those(false), ports };
}

/** Whatever the order of subsets and of what is in them. */
export function sameSubsets(left: readonly Subset[], right: readonly Subset[]): boolean {
  const keyOf = (subsets: readonly Subset[]) => repacked(subsets).map(subsetKey).sort().join();
  return keyOf(left) === keyOf(right);
}

function subsetKey({ addresses, notReadyAddresses, ports }: Subset): string {
  const sorted = (parts: readonly (readonly unknown[])[]) => parts.map((part) => JSON.stringify(part)).sort();
  return JSON.stringify([
    sorted(addresses.map(addressParts)),
    sorted(notReadyAddresses.map(addressParts)),
    sorted(ports.map(portParts)),
  ]);
}

function addressParts(address: JsonObject): readonly unknown[] {
  const target = ['kind', 'namespace', 'name', 'uid'].map((field) => stringAt(address, 'targetRef', field));
  return [...['ip', 'hostname', 'nodeName'].map((field) => stringAt(address, field)), ...target];
}
