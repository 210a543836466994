/**
 * Owns one singleton as the commands show it, whichever way it is managed: by a Singleton object, or adopted by label.
 * Must not ask the cluster: it is given objects. What an adopted one's status is, the controller's own code says.
 */
import type { SingletonStatus, StandbyStatus } from '../../api/singleton.ts';
import { recordName, singletonOf } from '../../controller/stored-record.ts';
import { decide } from '../../core/decide.ts';
import type { JudgedMember } from '../../core/decision.ts';
import { describeJudgement } from '../../core/judge.ts';
import type { Holder } from '../../core/record.ts';
import type { SingletonView } from '../../core/view.ts';
import type { LeaseObject } from '../../kube/decode-lease.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import type { MonotonicMs } from '../../time/clock.ts';
import { adoptedMembers } from './adopted-members.ts';
import { believedView, recordOfLease } from './believed-view.ts';
import type { SingletonObject } from './decode-singleton.ts';

export type SeenSingleton = ManagedSingleton | AdoptedSingleton;

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** A Singleton object asks for it. */
export interface ManagedSingleton extends Named {
  readonly kind: 'managed';
  readonly object: SingletonObject;
  /** Undefined until a controller has looked at it. */
  readonly status: SingletonStatus | undefined;
}

/** A controller's flag `--adopt` asks for it: there is only its record. */
export interface AdoptedSingleton extends Named {
  readonly kind: 'adopted';
  readonly record: LeaseObject;
  readonly members: readonly PodObject[];
  /** Made here. Without conditions, history and counts: nobody keeps those for it. */
  readonly status: SingletonStatus;
}

export interface ClusterObjects {
  readonly singletons: readonly SingletonObject[];
  /** Leases with the label of a record. */
  readonly records: readonly LeaseObject[];
  /** Pods with a role label, at least those of the records' namespaces. */
  readonly pods: readonly PodObject[];
}

/** By namespace, then by name. */
export function seenSingletons(objects: ClusterObjects, now: MonotonicMs): readonly SeenSingleton[] {
  const { singletons, records } = objects;
  const managed = singletons.map(managedSingleton);
  const adopted = records
    .filter((record) => singletonOf(record) !== undefined && !isOfSingleton(record, singletons))
    .map((record) => adoptedSingleton(record, objects.pods, now));
  return [...managed, ...adopted].toSorted(byName);
}

export function managedSingleton(object: SingletonObject): ManagedSingleton {
  const { namespace, name, status } = object;
  return { kind: 'managed', namespace, name, object, status };
}

/** `pods`: at least those of the record's namespace with a role label. */
export function adoptedSingleton(
  record: LeaseObject,
  pods: readonly PodObject[],
  now: MonotonicMs,
): AdoptedSingleton {
  const { namespace } = record;
  const name = singletonOf(record) ?? record.name;
  const beside = pods.filter((pod) => pod.namespace === namespace);
  const members = adoptedMembers(name, beside);
  const status = statusOfAdopted({ namespace, name, record, members, now });
  return { kind: 'adopted', namespace, name, record, members, status };
}

/** A Singleton takes over the record of what was adopted before it, which is named after it or after its Service. */
function isOfSingleton(record: LeaseObject, singletons: readonly SingletonObject[]): boolean {
  return singletons.some(
    ({ namespace, name, spec }) =>
      namespace === record.namespace &&
      [name, spec.service].some((one) => one !== undefined && record.name === recordName(one)),
  );
}

interface AdoptedParts extends Named {
  readonly record: LeaseObject;
  readonly members: readonly PodObject[];
  readonly now: MonotonicMs;
}

/** Its safety is a flag of its controllers, and nothing that is shown depends on it while the holder is well. */
function statusOfAdopted(parts: AdoptedParts): SingletonStatus {
  const { namespace, name, record, members, now } = parts;
  const view = believedView({
    namespace,
    name,
    safety: 'Prompt',
    paused: false,
    record: recordOfLease(record),
    pods: members,
    nodes: [],
    now,
  });
  const { because, judged } = decide(view, now);
  const holder = view.record.kind === 'present' ? view.record.holder : undefined;
  const fit = judged.filter(({ judgement }) => judgement.kind === 'fit').length;
  return {
    observedGeneration: 0,
    mode: 'Labels',
    active: holder === undefined ? undefined : activeStatus(holder, record, view),
    epoch: record.transitions,
    ready: `${fit}/${judged.length}`,
    standbys: judged.filter(({ uid }) => uid !== holder?.uid).map((member) => standbyStatus(member, view)),
    because,
    ...unkept,
  };
}

/** What nobody keeps of one that has no object to keep it in. */
const unkept = { conditions: [], history: [], failovers: 0, switchovers: 0 } as const;

function activeStatus(
  { name, uid }: Holder,
  record: LeaseObject,
  view: SingletonView,
): SingletonStatus['active'] {
  return {
    pod: name,
    uid,
    node: nodeOf(uid, view),
    epoch: record.transitions,
    since: record.acquireTime ?? '',
  };
}

function standbyStatus({ uid, name, judgement }: JudgedMember, view: SingletonView): StandbyStatus {
  return {
    pod: name,
    node: nodeOf(uid, view),
    fit: judgement.kind === 'fit',
    because: describeJudgement(judgement),
  };
}

function nodeOf(uid: string, view: SingletonView): string | undefined {
  return view.members.find((member) => member.uid === uid)?.node;
}

function byName(left: Named, right: Named): number {
  if (left.namespace !== right.namespace) return left.namespace < right.namespace ? -1 : 1;
  return left.name < right.name ? -1 : 1;
}
