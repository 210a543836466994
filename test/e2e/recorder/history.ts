/**
 * Owns what was recorded, as typed versions of each kind of object, in the order in which the API's store had them.
 * Must not judge, and must not order by arrival: two watches do not wait for each other, the store's revision is one.
 */
import { decodeLabelsRecord, singletonOf } from '../../../src/controller/labels-record-codec.ts';
import { words } from '../../../src/controller/words.ts';
import { decodeLease } from '../../../src/kube/decode-lease.ts';
import { decodeNode, type NodeObject } from '../../../src/kube/decode-node.ts';
import { decodePod, type PodObject } from '../../../src/kube/decode-pod.ts';
import { decodeSlice, type SliceEndpoint } from './decode-slice.ts';
import type { RecordedChange } from './recorded-change.ts';

/** One state of an object that the store has had. */
export interface Version {
  readonly version: bigint;
  /** Machine time at which the recorder heard of it. */
  readonly atMs: number;
  /** From this version on there is no such object. */
  readonly gone: boolean;
  /** It stood in a list: versions before it may not have been seen. */
  readonly listed: boolean;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodVersion extends Version {
  readonly pod: PodObject;
}

/** Of the Lease that says who is active. */
export interface RecordVersion extends Version {
  readonly singleton: string;
  readonly epoch: number;
  readonly holder: { readonly name: string; readonly uid: string | undefined } | undefined;
}

export interface SliceVersion extends Version {
  readonly service: string | undefined;
  readonly endpoints: readonly SliceEndpoint[];
}

export interface NodeVersion extends Version {
  readonly node: NodeObject;
}

/** Each list in the order of the versions. */
export interface History {
  readonly pods: readonly PodVersion[];
  readonly records: readonly RecordVersion[];
  readonly slices: readonly SliceVersion[];
  readonly nodes: readonly NodeVersion[];
}

/** What happened in one namespace, nodes beside; in all of them where none is given. */
export function historyOf(changes: readonly RecordedChange[], namespace?: string): History {
  const within = changes
    .filter((change) => change.resource === 'nodes' || (namespace ?? change.namespace) === change.namespace)
    .toSorted((left, right) => Number(left.version - right.version));
  return {
    pods: of(within, 'pods').map(podVersion),
    records: of(within, 'leases').flatMap(recordVersion),
    slices: of(within, 'endpointslices').map((change) => {
      const { service, endpoints } = decodeSlice(change.object);
      return { ...versionOf(change), service, endpoints };
    }),
    nodes: of(within, 'nodes').map((change) => ({ ...versionOf(change), node: decodeNode(change.object) })),
  };
}

function of(changes: readonly RecordedChange[], resource: RecordedChange['resource']) {
  return changes.filter((change) => change.resource === resource);
}

function podVersion(change: RecordedChange): PodVersion {
  return { ...versionOf(change), pod: decodePod(change.object, { keepEnv: [words.criticality] }) };
}

function recordVersion(change: RecordedChange): readonly RecordVersion[] {
  const lease = decodeLease(change.object);
  const singleton = singletonOf(lease);
  if (singleton === undefined) return [];
  const { epoch, holder } = decodeLabelsRecord(lease);
  const named = holder === undefined ? undefined : { name: holder.name, uid: holder.uid };
  return [{ ...versionOf(change), singleton, epoch, holder: named }];
}

function versionOf({ kind, version, atMs, listed, namespace, name, uid }: RecordedChange): Version {
  return { version, atMs, gone: kind !== 'applied', listed, namespace, name, uid };
}
