/**
 * Owns which backends stand behind each cluster address and port, derived from Services and EndpointSlices.
 * Pure: service-proxy.ts feeds it and acts on it. Must not ask who writes a slice. (kubernetes pkg/proxy
 * endpointslicecache.go, topology.go, conntrack/cleanup.go; what is listened to: cmd/kube-proxy/app/server.go)
 */
import { booleanAt, type Json, jsonEquals, listAt, numberAt, stringAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { HEADLESS_LABEL } from '../slices-by-service.ts';

export type Protocol = 'TCP' | 'UDP';

export interface Frontend {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Backend {
  readonly address: string;
  readonly port: number;
}

export interface Route {
  readonly frontend: Frontend;
  /** "namespace/name:port", for messages. */
  readonly name: string;
  /** Where new traffic goes: who is ready, else who serves while it terminates. */
  readonly backends: readonly Backend[];
  /** Where a UDP flow may stay: who serves, whether or not it is ready. */
  readonly serving: readonly Backend[];
}

/** By frontendKey. */
export type Routes = ReadonlyMap<string, Route>;

export function frontendKey({ address, port, protocol }: Frontend): string {
  return `${protocol} ${address}:${port}`;
}

export function backendKey({ address, port }: Backend): string {
  return `${address}:${port}`;
}

/** Another proxy's Services carry it. */
const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';

/** The routes of one Service with its slices. */
export function routesOf(service: StoredObject, slices: readonly StoredObject[]): Routes {
  const address = stringAt(service, 'spec', 'clusterIP') ?? '';
  const routes = new Map<string, Route>();
  if (address === '' || address === 'None') return routes;
  if (service.metadata.labels?.[PROXY_NAME_LABEL] !== undefined) return routes;
  for (const port of listAt(service, 'spec', 'ports')) {
    const protocol = stringAt(port, 'protocol') ?? 'TCP';
    const number = numberAt(port, 'port');
    if (number === undefined || (protocol !== 'TCP' && protocol !== 'UDP')) continue;
    const frontend = { address, port: number, protocol } as const;
    const portName = stringAt(port, 'name') ?? '';
    const name = `${service.metadata.namespace}/${service.metadata.name}:${portName === '' ? number : portName}`;
    routes.set(frontendKey(frontend), { frontend, name, ...destinations(slices, portName, protocol) });
  }
  return routes;
}

function destinations(
  slices: readonly StoredObject[],
  portName: string,
  protocol: Protocol,
): Pick<Route, 'backends' | 'serving'> {
  const endpoints = slices.flatMap((slice) => endpointsOn(slice, portName, protocol));
  const known = [...Map.groupBy(endpoints, ({ backend }) => backendKey(backend)).values()].map(merged);
  const ready = known.filter((endpoint) => endpoint.ready);
  const chosen =
    ready.length > 0 ? ready : known.filter(({ serving, terminating }) => serving && terminating);
  return {
    backends: chosen.map(({ backend }) => backend),
    serving: known.filter(({ serving }) => serving).map(({ backend }) => backend),
  };
}

interface KnownEndpoint {
  readonly backend: Backend;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** A slice has its own number for a port of the Service, found by the port's name and protocol. */
function endpointsOn(slice: StoredObject, portName: string, protocol: Protocol): readonly KnownEndpoint[] {
  if (stringAt(slice, 'addressType') !== 'IPv4') return [];
  if (slice.metadata.labels?.[HEADLESS_LABEL] !== undefined) return [];
  const port = listAt(slice, 'ports').find(
    (each) =>
      (stringAt(each, 'name') ?? '') === portName && (stringAt(each, 'protocol') ?? 'TCP') === protocol,
  );
  const number = numberAt(port, 'port') ?? 0;
  if (number === 0) return [];
  return listAt(slice, 'endpoints').flatMap((endpoint) => endpointAt(endpoint, number));
}

/** What is not said counts as ready, as serving, and as not terminating. */
function endpointAt(endpoint: Json, port: number): readonly KnownEndpoint[] {
  const [address] = listAt(endpoint, 'addresses');
  if (typeof address !== 'string') return [];
  const said = (condition: string) => booleanAt(endpoint, 'conditions', condition);
  return [
    {
      backend: { address, port },
      ready: said('ready') ?? true,
      serving: said('serving') ?? true,
      terminating: said('terminating') ?? false,
    },
  ];
}

/**
 * One address in several slices: what runs goes before what terminates. Where they still differ it is chance, each time
 * again, which of them a kube-proxy believes; here the word for traffic counts, so that a slice left behind shows.
 */
function merged(same: readonly KnownEndpoint[]): KnownEndpoint {
  const running = same.filter(({ terminating }) => !terminating);
  const believed = running.length > 0 ? running : same;
  const [first] = believed;
  if (first === undefined) throw new Error('a group of endpoints is never empty');
  return {
    ...first,
    ready: believed.some(({ ready }) => ready),
    serving: believed.some(({ serving }) => serving),
  };
}

export function sameRoutes(left: Routes, right: Routes): boolean {
  return left.size === right.size && [...left].every(([key, route]) => jsonEquals(route, right.get(key)));
}
