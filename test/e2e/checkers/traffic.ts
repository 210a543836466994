/**
 * Owns the check of G2 from what the API said: the Service never leads to two members at once, and to none that the
 * record did not name. Must not look at clients: turns.ts does.
 * In both modes: what labels and foreign slices say follows the record; a slice of our own follows nothing, it names its
 * holder itself.
 */
import { words } from '../../../src/controller/words.ts';
import type { SliceEndpoint } from '../../../src/kube/decode-endpoint-slice.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import type { History, PodVersion, RecordVersion, SliceVersion } from '../recorder/history.ts';
import { isNamedAt, recordAt } from './record-at.ts';

export interface Scope {
  /** Whether this pod belongs to the singleton. */
  readonly isMember: (pod: PodObject) => boolean;
  readonly service: string;
  /** Versions that somebody else wrote. What such a one says is not by our doing; what follows it is. */
  readonly byOthers?: ReadonlySet<bigint> | undefined;
}

/** One sentence for each violation. `history`: of one namespace. */
export function trafficProblems(history: History, scope: Scope): readonly string[] {
  const members = history.pods.filter(({ pod }) => scope.isMember(pod));
  const slices = history.slices
    .filter(({ service }) => service === scope.service)
    .map((slice) => (scope.byOthers?.has(slice.version) === true ? { ...slice, endpoints: [] } : slice));
  const ours = slices.filter(({ version }) => scope.byOthers?.has(version) !== true);
  return [
    ...labelProblems(members, history.records),
    ...families(slices).flatMap((family) => sliceProblems(family, members, history.records)),
    ...ours.flatMap((slice) => ownSliceProblems(slice, history.records)),
  ];
}

/** Labels are what a Service with a selector follows: each is a route of its own, before any slice is written. */
function labelProblems(members: readonly PodVersion[], records: readonly RecordVersion[]): readonly string[] {
  const problems: string[] = [];
  const actives = new Map<string, string>();
  for (const { version, gone, listed, uid, name, pod } of members) {
    const isActive = !gone && pod.labels[words.role] === 'active';
    const isNew = isActive && !actives.has(uid);
    if (isActive && pod.deletion === undefined) actives.set(uid, name);
    else actives.delete(uid);
    if (isNew && pod.deletion === undefined && !isAllowed(records, { version, listed, uid })) {
      problems.push(`at ${version} ${name} got role=active, and the record ${named(records, version)}`);
    }
    // A list comes pod by pod: a label that was taken away meanwhile may stand further down in it.
    if (actives.size > 1 && !listed)
      problems.push(`at ${version} several have role=active: ${[...actives.values()].join(', ')}`);
  }
  return problems;
}

interface Labelling {
  readonly version: bigint;
  readonly listed: boolean;
  readonly uid: string;
}

/** A listed pod got its label at some time before: then the record may have moved on since. */
function isAllowed(records: readonly RecordVersion[], { version, listed, uid }: Labelling): boolean {
  if (isNamedAt(records, version, uid)) return true;
  return listed && records.some((record) => record.version <= version && record.holder?.uid === uid);
}

/** One after the other: the second one is completed a moment after the record has moved. */
function families(slices: readonly SliceVersion[]): readonly (readonly SliceVersion[])[] {
  return [...Map.groupBy(slices, ({ family }) => family).values()];
}

function sliceProblems(
  slices: readonly SliceVersion[],
  members: readonly PodVersion[],
  records: readonly RecordVersion[],
): readonly string[] {
  const problems: string[] = [];
  const held = new Map<string, SliceVersion>();
  let before = new Set<string>();
  for (const slice of slices) {
    if (slice.gone) held.delete(slice.uid);
    else held.set(slice.uid, slice);
    const used = usedEndpoints([...held.values()].flatMap(({ endpoints }) => endpoints));
    const pods = podsOf(used);
    if (pods.size > 1)
      problems.push(`at ${slice.version} the Service leads to ${[...pods.values()].join(' and ')}`);
    for (const [uid, name] of pods) {
      if (before.has(uid) || mayLeadTo(slice, uid, members, records)) continue;
      problems.push(
        `at ${slice.version} the Service begins to lead to ${name}, and the record ${named(records, slice.version)}`,
      );
    }
    before = new Set(pods.keys());
  }
  return problems;
}

/** A slice of our own leads to whom it names and to nobody else, at each of its versions; and it is never empty. */
function ownSliceProblems(slice: SliceVersion, records: readonly RecordVersion[]): readonly string[] {
  const { version, gone, isOurs, name, endpoints } = slice;
  if (!isOurs || gone) return [];
  if (endpoints.length === 0) return [`at ${version} ${name} has no endpoint at all`];
  // What says nothing of its holder has to lead to whom the record names.
  const holderUid = slice.holderUid ?? recordAt(records, version)?.holder?.uid;
  return [...podsOf(usedEndpoints(endpoints))]
    .filter(([uid]) => uid !== holderUid)
    .map(([, pod]) => `at ${version} ${name} leads to ${pod}, whom it does not name`);
}

function podsOf(endpoints: readonly SliceEndpoint[]): ReadonlyMap<string, string> {
  return new Map(
    endpoints.map(({ targetUid, targetName }) => [targetUid ?? '', targetName ?? '(no pod)'] as const),
  );
}

/** The slice controller follows the label a little later: the record may have moved on between the two. */
function mayLeadTo(
  { version, listed }: SliceVersion,
  uid: string,
  members: readonly PodVersion[],
  records: readonly RecordVersion[],
): boolean {
  if (isAllowed(records, { version, listed, uid })) return true;
  const labelled = labelledAt(members, uid, version);
  return labelled !== undefined && isAllowed(records, labelled);
}

/** The version at which this pod last got role=active, of those before this version. */
function labelledAt(members: readonly PodVersion[], uid: string, before: bigint): PodVersion | undefined {
  const own = members.filter((member) => member.uid === uid && member.version <= before);
  return own.findLast(
    ({ pod }, index) =>
      pod.labels[words.role] === 'active' && own[index - 1]?.pod.labels[words.role] !== 'active',
  );
}

/** Those that kube-proxy sends to: the ready ones; where there is none, those that serve although they are leaving. */
export function usedEndpoints(endpoints: readonly SliceEndpoint[]): readonly SliceEndpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
}

function named(records: readonly RecordVersion[], version: bigint): string {
  const record = recordAt(records, version);
  if (record === undefined || record.gone) return 'did not exist';
  return record.holder === undefined ? 'named nobody' : `named ${record.holder.name}`;
}
