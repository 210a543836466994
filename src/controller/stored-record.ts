/**
 * Owns what a record says, however it is stored, and what a kind of record has to provide.
 * Must not know a Lease from an EndpointSlice: labels-record-codec.ts and direct-record-codec.ts do.
 */
import {
  type Epoch,
  type Incarnation,
  incarnation as incarnationNamed,
  type PodUid,
  parseResourceVersion,
  podUid,
  type ResourceVersion,
} from '../core/identity.ts';
import { incarnationOf, type Member } from '../core/member.ts';
import type { Holder, RecordWrite } from '../core/record.ts';
import type { ObjectMeta } from '../kube/decode-meta.ts';
import type { JsonBody } from '../kube/request.ts';
import type { Resource } from '../kube/resources.ts';
import { words } from './words.ts';

/** The record as it was written. Where annotations are missing, the holder is known by name only. */
export interface StoredRecord {
  readonly epoch: Epoch;
  readonly holder: NamedHolder | undefined;
  readonly podsVersion: ResourceVersion | undefined;
  readonly singletonVersion: ResourceVersion | undefined;
  /** It names nobody any more: the record of the other mode does. */
  readonly retired: boolean;
  /** What about it makes no sense, one sentence each. */
  readonly problems: readonly string[];
}

export interface NamedHolder {
  readonly name: string;
  readonly uid: PodUid | undefined;
  readonly incarnation: Incarnation | undefined;
  readonly hasStopped: boolean;
}

/** How records of one mode are stored. */
export interface RecordKind<T extends ObjectMeta> {
  readonly resource: Resource;
  readonly decodeObject: (raw: unknown) => T;
  readonly decodeRecord: (object: T) => StoredRecord;
  readonly nameOf: (singletonName: string) => string;
}

/** What of the object a change of the record writes; the rest of it is left as it is. */
export interface RecordBody {
  readonly metadata: { readonly labels: JsonBody; readonly annotations: JsonBody } & JsonBody;
  readonly rest: JsonBody;
}

/** The name of a singleton's record, whichever object it is, in the singleton's own namespace. */
export function recordName(singletonName: string): string {
  return `understudy-${singletonName}`;
}

/** Whose record of this kind it is, by label and name; undefined where it is none of ours. */
export function singletonOf(
  { name, labels }: Pick<ObjectMeta, 'name' | 'labels'>,
  nameOf: RecordKind<ObjectMeta>['nameOf'] = recordName,
): string | undefined {
  const singletonName = labels[words.singleton];
  return singletonName !== undefined && name === nameOf(singletonName) ? singletonName : undefined;
}

/** The annotations that every record has. null removes one that an earlier change has left. */
export function recordAnnotations(
  { holder, base, podsVersion, singletonVersion }: RecordWrite,
  code: string,
): JsonBody {
  const left = base.kind === 'replace' ? null : undefined;
  return {
    [words.holderUid]: holder.uid,
    [words.holderIncarnation]: holder.incarnation,
    [words.holderStopped]: left,
    // What an earlier change was decided on says nothing of this one.
    [words.podsVersion]: podsVersion?.toString() ?? left,
    [words.singletonVersion]: singletonVersion?.toString() ?? left,
    [words.because]: code,
    [words.movedTo]: left,
  };
}

export function readHolder(
  name: string | undefined,
  { annotations }: Pick<ObjectMeta, 'annotations'>,
  problems: string[],
): NamedHolder | undefined {
  if (name === undefined) return undefined;
  const uid = annotations[words.holderUid];
  const incarnation = annotations[words.holderIncarnation];
  const hasStopped = uid !== undefined && annotations[words.holderStopped] === uid;
  if (uid === undefined || uid === '') {
    problems.push(`it names ${name} without a UID (annotation ${words.holderUid})`);
    return { name, uid: undefined, incarnation: undefined, hasStopped: false };
  }
  if (incarnation === undefined || !incarnation.startsWith(`${uid}/`)) {
    problems.push(
      `it does not say which incarnation of ${name} holds (annotation ${words.holderIncarnation})`,
    );
    return { name, uid: podUid(uid), incarnation: undefined, hasStopped };
  }
  return { name, uid: podUid(uid), incarnation: incarnationNamed(incarnation), hasStopped };
}

/** `word`: of the annotation that has it. */
export function readVersion(
  { annotations }: Pick<ObjectMeta, 'annotations'>,
  word: string,
  problems: string[],
): ResourceVersion | undefined {
  const text = annotations[word];
  const version = parseResourceVersion(text);
  if (text !== undefined && version === undefined) problems.push(`its annotation ${word} is "${text}"`);
  return version;
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
    incarnation: named.incarnation ?? recognised ?? incarnationNamed(`${uid}/`),
    hasStopped: named.hasStopped,
  };
}
