/**
 * Owns what the store had of one singleton, version by version, read from the objects themselves. It shares no code with the
 * controllers: a mistake in how they write or read a record is not repeated here.
 * Must not judge.
 */
import { listAt, stringAt } from '../../src/sandbox/api/json.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import type { SingletonPlan } from '../swarm/plan.ts';
import type { Application } from '../world/application.ts';
import type { ObjectChange, Truth } from '../world/truth.ts';

interface Version {
  readonly atMs: number;
  readonly version: number;
  /** From here on there is none. */
  readonly isGone: boolean;
}

export interface RecordVersion extends Version {
  readonly kind: 'Lease' | 'EndpointSlice';
  /** It says that the other kind's has taken its place. */
  readonly isRetired: boolean;
  readonly epoch: number;
  readonly holderUid: string | undefined;
  readonly holderIncarnation: string | undefined;
}

export interface PodVersion extends Version {
  readonly uid: string;
  readonly name: string;
  readonly object: StoredObject;
}

export interface SliceVersion extends Version {
  readonly name: string;
  /** UIDs of the pods that traffic is sent to by this slice alone. */
  readonly ready: readonly string[];
  readonly servingOn: readonly string[];
}

export interface Story {
  readonly plan: SingletonPlan;
  readonly records: readonly RecordVersion[];
  readonly pods: readonly PodVersion[];
  readonly slices: readonly SliceVersion[];
  readonly applications: readonly Application[];
  readonly truth: Truth;
}

const word = (name: string) => `understudy.dev/${name}`;

export function storyOf(truth: Truth, plan: SingletonPlan): Story {
  return {
    plan,
    truth,
    records: truth.changes.flatMap((change) => recordVersion(change, plan.name)),
    pods: truth.changes.flatMap((change) => podVersion(change, plan.name)),
    slices: truth.changes.flatMap((change) => sliceVersion(change, plan.name)),
    applications: truth.applications.filter(({ identity }) => identity.singleton === plan.name),
  };
}

/** The one in effect after this version of the store; undefined where none names anybody. */
export function recordAt(story: Story, version: number): RecordVersion | undefined {
  const latest = new Map<string, RecordVersion>();
  for (const record of story.records) {
    if (record.version > version) break;
    latest.set(record.kind, record);
  }
  return [...latest.values()]
    .filter(({ isGone, isRetired }) => !isGone && !isRetired)
    .reduce<RecordVersion | undefined>(
      (best, each) => (best === undefined || each.epoch > best.epoch ? each : best),
      undefined,
    );
}

/** The pod as it was at this version of the store. */
export function podAt(story: Story, uid: string, version: number): PodVersion | undefined {
  return story.pods.findLast((pod) => pod.uid === uid && pod.version <= version);
}

/** When whoever became holder did, in order. */
export function turns(story: Story): readonly RecordVersion[] {
  const all: RecordVersion[] = [];
  let highest = 0;
  for (const record of story.records) {
    if (record.isGone || record.isRetired || record.holderUid === undefined) continue;
    if (record.epoch > highest) all.push(record);
    highest = Math.max(highest, record.epoch);
  }
  return all;
}

function versionOf({ atMs, event }: ObjectChange): Version {
  return { atMs, version: event.resourceVersion, isGone: event.type === 'DELETED' };
}

function recordVersion(change: ObjectChange, singleton: string): readonly RecordVersion[] {
  const { object } = change.event;
  const { annotations = {}, labels = {}, name } = object.metadata;
  const isSlice =
    change.resource === 'endpointslices' &&
    labels['kubernetes.io/service-name'] === singleton &&
    annotations[word('record-epoch')] !== undefined;
  const isLease = change.resource === 'leases' && name === `understudy-${singleton}`;
  if (!isSlice && !isLease) return [];
  const epoch = isSlice ? Number(annotations[word('record-epoch')]) : numberOf(object, 'leaseTransitions');
  return [
    {
      ...versionOf(change),
      kind: isSlice ? 'EndpointSlice' : 'Lease',
      isRetired: annotations[word('moved-to')] !== undefined,
      epoch,
      holderUid: annotations[word('holder-uid')],
      holderIncarnation: annotations[word('holder-incarnation')],
    },
  ];
}

function numberOf(lease: StoredObject, field: string): number {
  const spec = lease.spec;
  return typeof spec === 'object' && spec !== null && field in spec
    ? Number(Reflect.get(spec, field))
    : Number.NaN;
}

function podVersion(change: ObjectChange, singleton: string): readonly PodVersion[] {
  const { object } = change.event;
  if (change.resource !== 'pods' || object.metadata.labels?.app !== singleton) return [];
  return [{ ...versionOf(change), uid: object.metadata.uid, name: object.metadata.name, object }];
}

function sliceVersion(change: ObjectChange, singleton: string): readonly SliceVersion[] {
  const { object } = change.event;
  const isOurs = object.metadata.labels?.['kubernetes.io/service-name'] === singleton;
  if (change.resource !== 'endpointslices' || !isOurs) return [];
  const endpoints = listAt(object, 'endpoints').map((endpoint) => ({
    uid: stringAt(endpoint, 'targetRef', 'uid') ?? '',
    ready: flag(endpoint, 'ready', true),
    serving: flag(endpoint, 'serving', true),
    terminating: flag(endpoint, 'terminating', false),
  }));
  return [
    {
      ...versionOf(change),
      name: object.metadata.name,
      ready: endpoints.filter(({ ready }) => ready).map(({ uid }) => uid),
      servingOn: endpoints.filter(({ serving, terminating }) => serving && terminating).map(({ uid }) => uid),
    },
  ];
}

function flag(endpoint: unknown, name: string, otherwise: boolean): boolean {
  const conditions = conditionsOf(endpoint);
  const value = conditions === undefined ? undefined : Reflect.get(conditions, name);
  return typeof value === 'boolean' ? value : otherwise;
}

function conditionsOf(endpoint: unknown): object | undefined {
  if (typeof endpoint !== 'object' || endpoint === null) return undefined;
  const conditions: unknown = Reflect.get(endpoint, 'conditions');
  return typeof conditions === 'object' && conditions !== null ? conditions : undefined;
}

/** Whether something of this kind was done to this singleton, or to nobody in particular, within the span. */
export function happened(
  { truth, plan }: Pick<Story, 'truth' | 'plan'>,
  kinds: readonly string[],
  fromMs: number,
  untilMs: number,
): boolean {
  return truth.happenings.some(
    ({ atMs, kind, target }) =>
      atMs >= fromMs &&
      atMs <= untilMs &&
      kinds.includes(kind) &&
      (target === undefined || target === plan.name),
  );
}

/** Whether this was ever done to this node or controller. */
export function happenedTo({ truth }: Pick<Story, 'truth'>, kind: string, target: string): boolean {
  return truth.happenings.some((each) => each.kind === kind && each.target === target);
}

/** From the end of what kept controllers from seeing or writing until they have seen all again and acted on it. */
const seesAgainWithinMs = 6_000;

/** At the end of the run everybody has long been able to see what there is. */
export function isSightedAtEnd({ truth }: Pick<Story, 'truth'>): boolean {
  return !truth.happenings.some(
    ({ kind, untilMs }) =>
      /^(controller|api|requests|answers|node|active-crashes-unheard)/.test(kind) &&
      (untilMs ?? 0) > truth.endedAtMs - seesAgainWithinMs,
  );
}
