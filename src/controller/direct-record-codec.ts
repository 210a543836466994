/**
 * Owns the record in Direct mode: how an EndpointSlice of our own says who holds which epoch.
 * Must not know its endpoints: endpoints-codec.ts does.
 */
import { type Epoch, noEpoch, parseEpoch } from '../core/identity.ts';
import type { RecordWrite } from '../core/record.ts';
import { decodeEndpointSlice, type EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { IpFamily, ServiceObject } from '../kube/decode-service.ts';
import { microTime } from '../kube/encode-lease.ts';
import { ENDPOINT_SLICES } from '../kube/resources.ts';
import type { EndpointsBody } from './endpoints-codec.ts';
import {
  type RecordBody,
  type RecordKind,
  readHolder,
  readVersion,
  recordAnnotations,
  recordName,
  type StoredRecord,
} from './stored-record.ts';
import { words } from './words.ts';

export const directRecords: RecordKind<EndpointSliceObject> = {
  resource: ENDPOINT_SLICES,
  decodeObject: decodeEndpointSlice,
  decodeRecord,
  nameOf: recordName,
};

/** The slice of a Service's second family. It has the record's epoch and holder, and is none. */
export const directFollowers: RecordKind<EndpointSliceObject> = {
  ...directRecords,
  nameOf: followerName,
};

function followerName(singletonName: string): string {
  return `${recordName(singletonName)}-second`;
}

function decodeRecord(slice: EndpointSliceObject): StoredRecord {
  const problems: string[] = [];
  const { annotations } = slice;
  if (slice.labels[words.managedBy] !== words.manager || slice.labels[words.singleton] === undefined) {
    problems.push(
      `it lacks a label of ours (${words.managedBy}, ${words.singleton}): it is known by its name alone`,
    );
  }
  const name = annotations[words.holder];
  return {
    epoch: readEpoch(slice, problems),
    holder: readHolder(name === '' ? undefined : name, slice, problems),
    podsVersion: readVersion(slice, words.podsVersion, problems),
    singletonVersion: readVersion(slice, words.singletonVersion, problems),
    retired: annotations[words.movedTo] === 'Labels',
    problems,
  };
}

function readEpoch({ annotations }: EndpointSliceObject, problems: string[]): Epoch {
  const text = annotations[words.recordEpoch];
  const epoch = parseEpoch(text);
  if (epoch === undefined) problems.push(`its annotation ${words.recordEpoch} is "${text ?? ''}", no epoch`);
  return epoch ?? noEpoch;
}

/** It was written once more since the role moved. */
export function isTouched({ annotations }: Pick<EndpointSliceObject, 'annotations'>): boolean {
  return annotations[words.touched] === annotations[words.recordEpoch];
}

export interface DirectRecordAbout {
  readonly singletonName: string;
  readonly service: Pick<ServiceObject, 'name' | 'uid' | 'headless'>;
  readonly family: IpFamily;
  readonly code: string;
  readonly wallTimeMs: number;
  readonly endpoints: EndpointsBody;
}

/** Role, epoch and traffic in one object, and so in one write. */
export function encodeDirectRecord(write: RecordWrite, about: DirectRecordAbout): RecordBody {
  const { service, family, endpoints } = about;
  const created = { addressType: family, ...endpoints };
  return {
    metadata: {
      labels: sliceLabels(about),
      annotations: {
        ...recordAnnotations(write, about.code),
        [words.holder]: write.holder.name,
        [words.recordEpoch]: String(write.epoch),
        [words.since]: microTime(about.wallTimeMs),
      },
      // It goes with its Service; nobody waits for it.
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: service.name, uid: service.uid }],
    },
    rest: write.base.kind === 'create' ? created : { ...endpoints },
  };
}

export type SliceLabelsAbout = Pick<DirectRecordAbout, 'service' | 'singletonName'>;

/** By these a proxy finds the slice for its Service, and this controller finds it again. */
export function sliceLabels({ service, singletonName }: SliceLabelsAbout): Readonly<Record<string, string>> {
  return {
    [words.serviceName]: service.name,
    [words.managedBy]: words.manager,
    [words.singleton]: singletonName,
    ...(service.headless ? { [words.headless]: '' } : {}),
  };
}

/** Without one of them its endpoints lead nobody, or nobody sees what becomes of them. Others are somebody's own. */
export function hasSliceLabels(
  { labels }: Pick<EndpointSliceObject, 'labels'>,
  about: SliceLabelsAbout,
): boolean {
  return Object.entries(sliceLabels(about)).every(([name, value]) => labels[name] === value);
}
