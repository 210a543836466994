/**
 * Owns what was recorded, as typed versions of each kind of object, in the order in which the API's store had them.
 * Must not judge, and must not order by arrival: two watches do not wait for each other, the store's revision is one.
 */
import type { Mode, SingletonStatus } from '../../../src/api/singleton.ts';
import { decodeStatus } from '../../../src/api/status-codec.ts';
import { directRecords } from '../../../src/controller/direct-record-codec.ts';
import { labelsRecords } from '../../../src/controller/labels-record-codec.ts';
import { type RecordKind, singletonOf } from '../../../src/controller/stored-record.ts';
import { words } from '../../../src/controller/words.ts';
import { asObject, optionalInteger, optionalObject } from '../../../src/kube/decode.ts';
import { decodeEndpointSlice, type SliceEndpoint } from '../../../src/kube/decode-endpoint-slice.ts';
import type { ObjectMeta } from '../../../src/kube/decode-meta.ts';
import { decodeNode, type NodeObject } from '../../../src/kube/decode-node.ts';
import { decodePod, type PodObject } from '../../../src/kube/decode-pod.ts';
import { decodeService, type ServiceObject } from '../../../src/kube/decode-service.ts';
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

/** Of the object that says who is active. `gone` also where it says that the other mode's has taken its place. */
export interface RecordVersion extends Version {
  /** `Labels`: it is a Lease. `Direct`: an EndpointSlice of the controllers' own. */
  readonly mode: Mode;
  readonly singleton: string;
  readonly epoch: number;
  readonly holder: { readonly name: string; readonly uid: string | undefined } | undefined;
}

export interface SliceVersion extends Version {
  readonly service: string | undefined;
  /** Of its addresses: IPv4 or IPv6. */
  readonly family: string;
  readonly endpoints: readonly SliceEndpoint[];
  /** The controllers keep it, not Kubernetes. */
  readonly isOurs: boolean;
  /** Of the member that it names itself; undefined where it is no record. */
  readonly holderUid: string | undefined;
}

export interface NodeVersion extends Version {
  readonly node: NodeObject;
}

export interface ServiceVersion extends Version {
  readonly service: ServiceObject;
}

/** Of a Singleton, what it tells. */
export interface SingletonVersion extends Version {
  /** Grows with each change of what it asks for. */
  readonly generation: number;
  readonly status: SingletonStatus | undefined;
}

/** Each list in the order of the versions. */
export interface History {
  readonly pods: readonly PodVersion[];
  readonly records: readonly RecordVersion[];
  readonly slices: readonly SliceVersion[];
  readonly nodes: readonly NodeVersion[];
  readonly services: readonly ServiceVersion[];
  readonly singletons: readonly SingletonVersion[];
}

/** What happened in one namespace, nodes beside; in all of them where none is given. */
export function historyOf(changes: readonly RecordedChange[], namespace?: string): History {
  const within = changes
    .filter((change) => change.resource === 'nodes' || (namespace ?? change.namespace) === change.namespace)
    .toSorted((left, right) => Number(left.version - right.version));
  return {
    pods: of(within, 'pods').map(podVersion),
    records: inEffect(within.flatMap(recordVersion)),
    slices: of(within, 'endpointslices').map(sliceVersion),
    nodes: of(within, 'nodes').map((change) => ({ ...versionOf(change), node: decodeNode(change.object) })),
    services: of(within, 'services').map((change) => ({
      ...versionOf(change),
      service: decodeService(change.object),
    })),
    singletons: of(within, 'singletons').map(singletonVersion),
  };
}

function of(changes: readonly RecordedChange[], resource: RecordedChange['resource']) {
  return changes.filter((change) => change.resource === resource);
}

function podVersion(change: RecordedChange): PodVersion {
  return { ...versionOf(change), pod: decodePod(change.object, { keepEnv: [words.criticality] }) };
}

function recordVersion(change: RecordedChange): readonly RecordVersion[] {
  if (change.resource === 'leases') return recordOf(change, 'Labels', labelsRecords);
  return change.resource === 'endpointslices' ? recordOf(change, 'Direct', directRecords) : [];
}

function recordOf<T extends ObjectMeta>(
  change: RecordedChange,
  mode: Mode,
  kind: RecordKind<T>,
): readonly RecordVersion[] {
  const object = kind.decodeObject(change.object);
  const singleton = singletonOf(object, kind.nameOf);
  if (singleton === undefined) return [];
  const { epoch, holder, retired } = kind.decodeRecord(object);
  const version = versionOf(change);
  const named = holder === undefined ? undefined : { name: holder.name, uid: holder.uid };
  return [{ ...version, gone: version.gone || retired, mode, singleton, epoch, holder: named }];
}

/** Without what is written to a record that has moved, or was gone: from then on the other mode's speaks. */
function inEffect(versions: readonly RecordVersion[]): readonly RecordVersion[] {
  const present = new Set<string>();
  return versions.filter(({ uid, gone }) => {
    if (gone) return present.delete(uid);
    present.add(uid);
    return true;
  });
}

function sliceVersion(change: RecordedChange): SliceVersion {
  const { labels, annotations, addressType, endpoints } = decodeEndpointSlice(change.object);
  return {
    ...versionOf(change),
    service: labels[words.serviceName],
    family: addressType,
    endpoints,
    isOurs: labels[words.managedBy] === words.manager,
    holderUid: annotations[words.holderUid],
  };
}

function singletonVersion(change: RecordedChange): SingletonVersion {
  const object = asObject(change.object);
  const generation = optionalInteger(optionalObject(object, 'metadata', ''), 'generation', 'metadata') ?? 0;
  return { ...versionOf(change), generation, status: decodeStatus(object.status) };
}

function versionOf({ kind, version, atMs, listed, namespace, name, uid }: RecordedChange): Version {
  return { version, atMs, gone: kind !== 'applied', listed, namespace, name, uid };
}
