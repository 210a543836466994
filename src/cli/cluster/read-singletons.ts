/**
 * Owns asking a cluster for its singletons: all of a namespace, all of all, or one by name.
 * Must not show anything, nor change anything.
 */

import { podDecoding } from '../../controller/pod-codec.ts';
import { recordName } from '../../controller/stored-record.ts';
import { words } from '../../controller/words.ts';
import { decodeLease, type LeaseObject } from '../../kube/decode-lease.ts';
import { decodePod, type PodObject } from '../../kube/decode-pod.ts';
import { LEASES, PODS, SINGLETONS } from '../../kube/resources.ts';
import { KubeError } from '../../kube/status.ts';
import type { MonotonicMs } from '../../time/clock.ts';
import type { ClusterClient, Listing } from './cluster-client.ts';
import { decodeSingleton, type SingletonObject } from './decode-singleton.ts';
import { seen } from './seen.ts';
import { adoptedSingleton, managedSingleton, type SeenSingleton, seenSingletons } from './seen-singleton.ts';

/** What the records are found by. */
export const recordSelector = `${words.lease}=record`;
/** A member has this label from its first moments on. */
export const memberSelector = words.role;

export const readPodObject = (raw: unknown): PodObject => decodePod(raw, podDecoding);

export interface ReadSingletons {
  readonly singletons: readonly SeenSingleton[];
  /** False where the API server knows no kind Singleton. */
  readonly defined: boolean;
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
}

/** There is none of that name, neither as an object nor adopted. */
class NoSuchSingleton extends Error {
  readonly code = 'NO_SUCH_SINGLETON';
  readonly retry = 'never';

  constructor(message: string) {
    super(message);
    this.name = 'NoSuchSingleton';
  }
}

/** It is adopted by label: there is no object to write a wish on. */
class NotManaged extends Error {
  readonly code = 'NOT_MANAGED';
  readonly retry = 'never';

  constructor(namespace: string, name: string) {
    super(`${namespace}/${name} is adopted by label: there is no Singleton to ask (docs/commands.md)`);
    this.name = 'NotManaged';
  }
}

/** `namespace` undefined: all of them. */
export async function readSingletons(
  client: ClusterClient,
  namespace: string | undefined,
  now: MonotonicMs,
): Promise<ReadSingletons> {
  const objects = await listSingletons(client, namespace);
  const records = await seen(client.list(LEASES, { namespace, labelSelector: recordSelector }, decodeLease));
  const problems = objects?.problems ?? [];
  if (records.kind === 'hidden') {
    const singletons = (objects?.items ?? []).map(managedSingleton);
    const hidden = `singletons that are adopted by label are not shown: ${records.because}`;
    return { singletons, defined: objects !== undefined, problems: [...problems, hidden] };
  }
  const pods = records.value.items.length === 0 ? undefined : await listMembers(client, namespace);
  const found = {
    singletons: objects?.items ?? [],
    records: records.value.items,
    pods: pods?.items ?? [],
  };
  return {
    singletons: seenSingletons(found, now),
    defined: objects !== undefined,
    problems: [...problems, ...records.value.problems, ...(pods?.problems ?? [])],
  };
}

/** Rejects with a NoSuchSingleton that says what there is not. */
export async function readSingleton(
  client: ClusterClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  now: MonotonicMs,
): Promise<SeenSingleton> {
  const object = await client.get(SINGLETONS, { namespace, name }, decodeSingleton);
  if (object !== undefined) return managedSingleton(object);
  const record = await readRecord(client, namespace, name);
  if (record === undefined) throw new NoSuchSingleton(await whyNone(client, namespace, name));
  const pods = await listMembers(client, namespace);
  return adoptedSingleton(record, pods.items, now);
}

/** For what needs the object itself. Rejects with a NoSuchSingleton or a NotManaged. */
export async function readSingletonObject(
  client: ClusterClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<SingletonObject> {
  const object = await client.get(SINGLETONS, { namespace, name }, decodeSingleton);
  if (object !== undefined) return object;
  if ((await readRecord(client, namespace, name)) !== undefined) throw new NotManaged(namespace, name);
  throw new NoSuchSingleton(await whyNone(client, namespace, name));
}

/** The Lease that says who is active in Labels mode. */
export function readRecord(
  client: ClusterClient,
  namespace: string,
  singletonName: string,
): Promise<LeaseObject | undefined> {
  return client.get(LEASES, { namespace, name: recordName(singletonName) }, decodeLease);
}

/** Undefined where the API server knows no kind Singleton. */
async function listSingletons(
  client: ClusterClient,
  namespace: string | undefined,
): Promise<Listing<SingletonObject> | undefined> {
  try {
    return await client.list(SINGLETONS, { namespace }, decodeSingleton);
  } catch (error) {
    if (error instanceof KubeError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function listMembers(client: ClusterClient, namespace: string | undefined): Promise<Listing<PodObject>> {
  return client.list(PODS, { namespace, labelSelector: memberSelector }, readPodObject);
}

async function whyNone(client: ClusterClient, namespace: string, name: string): Promise<string> {
  const defined = (await listSingletons(client, namespace)) !== undefined;
  return defined
    ? `no singleton ${name} in namespace ${namespace}: \`status -A\` lists all`
    : `${noDefinition}, and no ${name} adopted by label in ${namespace}`;
}

/** The first half of a sentence. */
export const noDefinition = 'no Singleton resource (deploy/README.md)';
