/**
 * Owns the record in Labels mode: how a Lease says who holds which epoch.
 * Must not resolve a holder that is known by name only: that takes the members (singleton-view.ts).
 */
import {
  type Epoch,
  type Incarnation,
  noEpoch,
  type PodUid,
  parseResourceVersion,
  podUid,
  type ResourceVersion,
  recordEpochOf,
} from '../core/identity.ts';
import { incarnationOf, type Member } from '../core/member.ts';
import type { Holder, RecordWrite } from '../core/record.ts';
import type { LeaseObject } from '../kube/decode-lease.ts';
import { microTime } from '../kube/encode-lease.ts';
import type { JsonBody } from '../kube/request.ts';
import { words } from './words.ts';

/** The Lease of a singleton's record, in the singleton's own namespace. */
export function recordName(singletonName: string): string {
  return `understudy-${singletonName}`;
}

/** Which singleton a record Lease belongs to; undefined where it is none of ours. */
export function singletonOf(lease: Pick<LeaseObject, 'name' | 'labels'>): string | undefined {
  const singletonName = lease.labels[words.singleton];
  return singletonName !== undefined && lease.name === recordName(singletonName) ? singletonName : undefined;
}

/** The record as it was written. Where the annotations are missing, the holder is known by name only. */
export interface LabelsRecord {
  readonly epoch: Epoch;
  readonly holder: NamedHolder | undefined;
  readonly podsVersion: ResourceVersion | undefined;
  /** What about it makes no sense, one sentence each. */
  readonly problems: readonly string[];
}

export interface NamedHolder {
  readonly name: string;
  readonly uid: PodUid | undefined;
  readonly incarnation: Incarnation | undefined;
}

export function decodeLabelsRecord(lease: LeaseObject): LabelsRecord {
  const problems: string[] = [];
  if (lease.labels[words.lease] !== 'record' || singletonOf(lease) === undefined) {
    problems.push(
      `it lacks a label of ours (${words.lease}, ${words.singleton}): it is known by its name alone`,
    );
  }
  return {
    epoch: readEpoch(lease, problems),
    holder: readHolder(lease, problems),
    podsVersion: readPodsVersion(lease, problems),
    problems,
  };
}

function readEpoch(lease: LeaseObject, problems: string[]): Epoch {
  const epoch = recordEpochOf(lease.transitions);
  if (epoch === undefined) problems.push(`its leaseTransitions is ${lease.transitions}, no epoch`);
  return epoch ?? noEpoch;
}

function readHolder(lease: LeaseObject, problems: string[]): NamedHolder | undefined {
  if (lease.holder === undefined) return undefined;
  const uid = lease.annotations[words.holderUid];
  const incarnation = lease.annotations[words.holderIncarnation];
  if (uid === undefined || uid === '') {
    problems.push(`it names ${lease.holder} without a UID (annotation ${words.holderUid})`);
    return { name: lease.holder, uid: undefined, incarnation: undefined };
  }
  if (incarnation === undefined || !incarnation.startsWith(`${uid}/`)) {
    problems.push(
      `it does not say which incarnation of ${lease.holder} holds (annotation ${words.holderIncarnation})`,
    );
    return { name: lease.holder, uid: podUid(uid), incarnation: undefined };
  }
  return { name: lease.holder, uid: podUid(uid), incarnation: incarnation as Incarnation };
}

/**
 * The holder as the decision knows it. A holder that is known by name only is recognised by the member of that name;
 * where there is none, it is somebody who is gone.
 */
export function resolveHolder(named: NamedHolder, member: Member | undefined): Holder {
  const uid = named.uid ?? member?.uid ?? podUid('');
  const recognised = member !== undefined && member.uid === uid ? incarnationOf(member) : undefined;
  return {
    name: named.name,
    uid,
    incarnation: named.incarnation ?? recognised ?? (`${uid}/` as Incarnation),
  };
}

function readPodsVersion(lease: LeaseObject, problems: string[]): ResourceVersion | undefined {
  const text = lease.annotations[words.podsVersion];
  const version = parseResourceVersion(text);
  if (text !== undefined && version === undefined)
    problems.push(`its annotation ${words.podsVersion} is "${text}"`);
  return version;
}

/** What of the Lease a change of the record writes; the rest of it is left as it is. */
export interface LabelsRecordBody extends JsonBody {
  readonly metadata: { readonly labels: JsonBody; readonly annotations: JsonBody };
  readonly spec: JsonBody;
}

export function encodeLabelsRecord(
  write: RecordWrite,
  about: { readonly singletonName: string; readonly code: string; readonly wallTimeMs: number },
): LabelsRecordBody {
  const now = microTime(about.wallTimeMs);
  return {
    metadata: {
      labels: { [words.lease]: 'record', [words.singleton]: about.singletonName },
      annotations: {
        [words.holderUid]: write.holder.uid,
        [words.holderIncarnation]: write.holder.incarnation,
        [words.podsVersion]: encodePodsVersion(write),
        [words.because]: about.code,
      },
    },
    spec: {
      holderIdentity: write.holder.name,
      leaseTransitions: write.epoch,
      acquireTime: now,
      renewTime: now,
    },
  };
}

/** null removes it from a record that has one: what an earlier change was decided on says nothing of this one. */
function encodePodsVersion({ base, podsVersion }: RecordWrite): string | null | undefined {
  if (podsVersion !== undefined) return podsVersion.toString();
  return base.kind === 'replace' ? null : undefined;
}
