/**
 * Owns which backends stand behind each cluster address and port, derived from Services and EndpointSlices.
 * Pure: service-proxy.ts feeds it and acts on it. (kubernetes pkg/proxy/endpointslicecache.go, topology.go:
 * all slices of a Service are merged; ready endpoints, else those that serve while they terminate, else none)
 */
import { booleanAt, type Json, jsonEquals, listAt, numberAt, stringAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';

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
  readonly backends: readonly Backend[];
}

/** By frontendKey. */
export type Routes = ReadonlyMap<string, Route>;

export function frontendKey({ address, port, protocol }: Frontend): string {
  return `${protocol} ${address}:${port}`;
}

export function backendKey({ address, port }: Backend): string {
  return `${address}:${port}`;
}

/** The routes of one Service with its slices. */
export function routesOf(service: StoredObject, slices: readonly StoredObject[]): Routes {
  const address = stringAt(service, 'spec', 'clusterIP') ?? '';
  const routes = new Map<string, Route>();
  if (address === '' || address === 'None') return routes;
  for (const port of listAt(service, 'spec', 'ports')) {
    const protocol = stringAt(port, 'protocol') ?? 'TCP';
    const number = numberAt(port, 'port');
    if (number === undefined || (protocol !== 'TCP' && protocol !== 'UDP')) continue;
    const frontend = { address, port: number, protocol } as const;
    const portName = stringAt(port, 'name') ?? '';
    const name = `${service.metadata.namespace}/${service.metadata.name}:${portName === '' ? number : portName}`;
    routes.set(frontendKey(frontend), { frontend, name, backends: backendsOf(slices, portName, protocol) });
  }
  return routes;
}

function backendsOf(
  slices: readonly StoredObject[],
  portName: string,
  protocol: Protocol,
): readonly Backend[] {
  const candidates = slices.flatMap((slice) => {
    const port = listAt(slice, 'ports').find(
      (each) =>
        (stringAt(each, 'name') ?? '') === portName && (stringAt(each, 'protocol') ?? 'TCP') === protocol,
    );
    const number = numberAt(port, 'port');
    if (number === undefined || stringAt(slice, 'addressType') !== 'IPv4') return [];
    return listAt(slice, 'endpoints').flatMap((endpoint) => candidateOf(endpoint, number));
  });
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen =
    ready.length > 0 ? ready : candidates.filter(({ serving, terminating }) => serving && terminating);
  const unique = new Map(chosen.map(({ backend }) => [backendKey(backend), backend]));
  return [...unique.values()];
}

interface Candidate {
  readonly backend: Backend;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** A missing `ready` counts as true, a missing `serving` as `ready` (discovery/v1 EndpointConditions). */
function candidateOf(endpoint: Json, port: number): readonly Candidate[] {
  const [address] = listAt(endpoint, 'addresses');
  if (typeof address !== 'string') return [];
  const ready = booleanAt(endpoint, 'conditions', 'ready') ?? true;
  const serving = booleanAt(endpoint, 'conditions', 'serving') ?? ready;
  const terminating = booleanAt(endpoint, 'conditions', 'terminating') ?? false;
  return [{ backend: { address, port }, ready, serving, terminating }];
}

export function sameRoutes(left: Routes, right: Routes): boolean {
  return left.size === right.size && [...left].every(([key, route]) => jsonEquals(route, right.get(key)));
}
