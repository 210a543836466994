/**
 * Owns reading what else selects pods beside the singletons, kind by kind, as far as each may be read.
 * Must not judge it.
 */
import { DISRUPTION_BUDGETS, PODS, type Resource } from '../../kube/resources.ts';
import type { ClusterClient } from '../cluster/cluster-client.ts';
import { memberSelector, readPodObject } from '../cluster/read-singletons.ts';
import { type Seen, seen, seenValue } from '../cluster/seen.ts';
import { decodeReachingService, decodeSelectingObject, type SelectingObject } from './decode-neighbour.ts';
import type { Neighbours } from './examined-singleton.ts';
import { type Finding, hidden } from './finding.ts';
import { SERVICES, WORKLOADS } from './resources.ts';

export interface ReadNeighbours {
  readonly neighbours: Neighbours;
  /** Which kinds may not be read. */
  readonly findings: readonly Finding[];
}

/** `namespace` undefined: all. */
export async function readNeighbours(
  client: ClusterClient,
  namespace: string | undefined,
): Promise<ReadNeighbours> {
  const list = async <T>(resource: Resource, decode: (raw: unknown) => T, labelSelector?: string) => {
    const listing = client.list(resource, { namespace, labelSelector }, decode);
    return { resource, read: await seen(listing.then(({ items }) => items)) };
  };
  const selecting = (resource: Resource): Promise<Read<SelectingObject>> =>
    list(resource, (raw) => decodeSelectingObject(raw, resource.kind));
  const pods = await list(PODS, readPodObject, memberSelector);
  const workloads = await Promise.all(WORKLOADS.map(selecting));
  const budgets = await selecting(DISRUPTION_BUDGETS);
  const services = await list(SERVICES, decodeReachingService);
  const neighbours = {
    pods: seenValue(pods.read) ?? [],
    workloads: workloads.flatMap(({ read }) => seenValue(read) ?? []),
    budgets: seenValue(budgets.read) ?? [],
    services: seenValue(services.read),
  };
  return { neighbours, findings: [pods, ...workloads, budgets, services].flatMap(refusal) };
}

interface Read<T> {
  readonly resource: Resource;
  readonly read: Seen<readonly T[]>;
}

function refusal({ resource, read }: Read<unknown>): readonly Finding[] {
  return read.kind === 'hidden' ? [hidden(resource.plural, read.because)] : [];
}
