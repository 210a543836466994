/**
 * Owns the record in Labels mode: how a Lease says who holds which epoch.
 * Must not resolve a holder that is known by name only: that takes the members (singleton-view.ts).
 */
import { type Epoch, noEpoch, recordEpochOf } from '../core/identity.ts';
import type { RecordWrite } from '../core/record.ts';
import { decodeLease, type LeaseObject } from '../kube/decode-lease.ts';
import { microTime } from '../kube/encode-lease.ts';
import { LEASES } from '../kube/resources.ts';
import {
  type RecordBody,
  type RecordKind,
  readHolder,
  readVersion,
  recordAnnotations,
  recordName,
  type StoredRecord,
  singletonOf,
} from './stored-record.ts';
import { words } from './words.ts';

export const labelsRecords: RecordKind<LeaseObject> = {
  resource: LEASES,
  decodeObject: decodeLease,
  decodeRecord: decodeLabelsRecord,
  nameOf: recordName,
};

export function decodeLabelsRecord(lease: LeaseObject): StoredRecord {
  const problems: string[] = [];
  if (lease.labels[words.lease] !== 'record' || singletonOf(lease) === undefined) {
    problems.push(
      `it lacks a label of ours (${words.lease}, ${words.singleton}): it is known by its name alone`,
    );
  }
  return {
    epoch: readEpoch(lease, problems),
    holder: readHolder(lease.holder, lease, problems),
    podsVersion: readVersion(lease, words.podsVersion, problems),
    singletonVersion: readVersion(lease, words.singletonVersion, problems),
    retired: lease.annotations[words.movedTo] === 'Direct',
    problems,
  };
}

function readEpoch(lease: LeaseObject, problems: string[]): Epoch {
  const epoch = recordEpochOf(lease.transitions);
  if (epoch === undefined) problems.push(`its leaseTransitions is ${lease.transitions}, no epoch`);
  return epoch ?? noEpoch;
}

export function encodeLabelsRecord(
  write: RecordWrite,
  about: { readonly singletonName: string; readonly code: string; readonly wallTimeMs: number },
): RecordBody {
  const now = microTime(about.wallTimeMs);
  const spec = {
    holderIdentity: write.holder.name,
    leaseTransitions: write.epoch,
    acquireTime: now,
    renewTime: now,
  };
  return {
    metadata: {
      labels: { [words.lease]: 'record', [words.singleton]: about.singletonName },
      annotations: recordAnnotations(write, about.code),
    },
    rest: { spec },
  };
}
