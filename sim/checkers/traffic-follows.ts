/**
 * Owns the check of G2: the Service never leads to two members at once by the controllers' doing, and to none that the
 * record does not name or has just named.
 */
import { stringAt, stringsAt } from '../../src/sandbox/api/json.ts';
import { happened, podAt, recordAt, type SliceVersion, type Story } from './story.ts';

/** The slice controller follows a label, and people edit by hand what the controllers put right. */
const followsWithinMs = 6_000;
/** A request is given up after half a second. */
const labelOnItsWayMs = 1_000;

export function trafficProblems(story: Story): readonly string[] {
  return [...labelProblems(story), ...sliceProblems(story)];
}

function labelProblems(story: Story): readonly string[] {
  const problems: string[] = [];
  const labelled = new Map<string, string>();
  const carried = new Set<string>();
  for (const { uid, name, version, atMs, isGone, object } of story.pods) {
    const hasEnded = ['Failed', 'Succeeded'].includes(stringAt(object, 'status', 'phase') ?? '');
    const carries = !isGone && object.metadata.labels?.role === 'active';
    const isActive = carries && !hasEnded;
    const isLeaving = object.metadata.deletionTimestamp !== undefined;
    // A phase that somebody wrote may be taken back: that gives nobody a label.
    const isNew = isActive && !carried.has(uid);
    if (carries) carried.add(uid);
    else carried.delete(uid);
    if (isActive && !isLeaving) labelled.set(uid, name);
    else labelled.delete(uid);
    if (happened(story, ['label-active-by-hand'], atMs - followsWithinMs, atMs)) continue;
    if (isNew && !isLeaving && !mayBeLabelled(story, uid, version, atMs))
      problems.push(`at ${version} ${name} got role=active, and the record does not name it`);
    if (labelled.size > 1)
      problems.push(`at ${version} several have role=active: ${[...labelled.values()].join(', ')}`);
  }
  return problems;
}

/** Named by the record; or by one that somebody has taken away while the label was on its way. */
function mayBeLabelled(story: Story, uid: string, version: number, atMs: number): boolean {
  const record = recordAt(story, version);
  if (record !== undefined) return record.holderUid === uid;
  const last = story.records.findLast((each) => each.version <= version && each.holderUid !== undefined);
  return last?.holderUid === uid && last.atMs >= atMs - labelOnItsWayMs;
}

function sliceProblems(story: Story): readonly string[] {
  const problems: string[] = [];
  const held = new Map<string, SliceVersion>();
  let before: ReadonlySet<string> = new Set();
  for (const slice of story.slices) {
    if (slice.isGone) held.delete(slice.name);
    else held.set(slice.name, slice);
    const used = usedPods([...held.values()]);
    const byHand = happened(story, ['label-active-by-hand'], slice.atMs - followsWithinMs, slice.atMs);
    if (
      used.size > 1 &&
      !byHand &&
      !isSelectorNew(story, slice) &&
      !areBothLeaving(story, used, slice) &&
      !leadsToTheDead(story, used, slice)
    )
      problems.push(`at ${slice.version} the Service leads to ${[...used].map(nameIn(story)).join(' and ')}`);
    for (const uid of used)
      if (!before.has(uid) && !byHand && !wasNamed(story, uid, slice))
        problems.push(
          `at ${slice.version} the Service begins to lead to ${nameIn(story)(uid)}, not the record's`,
        );
    before = used;
  }
  return problems;
}

/**
 * Whoever gives a Service a selector while the role moves: Kubernetes follows a label that is some milliseconds old; and it
 * leaves that behind where the selector is taken away again at once.
 */
function isSelectorNew(story: Story, { version, atMs }: SliceVersion): boolean {
  if (!happened(story, ['service-changes-mode'], atMs - labelOnItsWayMs, atMs)) return false;
  const services = story.truth.changes.filter(
    ({ resource, event }) =>
      resource === 'services' &&
      event.object.metadata.name === story.plan.name &&
      event.resourceVersion <= version,
  );
  return services.some(
    ({ event, atMs: givenAtMs }) =>
      Object.keys(stringsAt(event.object, 'spec', 'selector')).length > 0 &&
      givenAtMs >= atMs - labelOnItsWayMs,
  );
}

/**
 * Whoever takes a Service's selector away in the very milliseconds of a failover: what Kubernetes leaves behind leads to a
 * pod that has ended, until it is deleted.
 */
function leadsToTheDead(story: Story, used: ReadonlySet<string>, { version, atMs }: SliceVersion): boolean {
  if (!happened(story, ['service-changes-mode'], atMs - labelOnItsWayMs, atMs)) return false;
  // Who moves the role in our own slice has to look for what is left behind first.
  const moves = story.records.filter(
    ({ holderUid }, index) => holderUid !== story.records[index - 1]?.holderUid,
  );
  if (moves.findLast((move) => move.version <= version)?.kind !== 'Lease') return false;
  const living = [...used].filter((uid) =>
    story.applications.some(
      ({ identity, startedAtMs, endedAtMs }) =>
        identity.podUid === uid && startedAtMs <= atMs && (endedAtMs === undefined || endedAtMs > atMs),
    ),
  );
  return living.length <= 1;
}

/**
 * Kubernetes falls back to pods that are leaving where none is ready. One that leaves keeps its label until the next one
 * has it, so that it goes on serving: whoever sends the next one away in those milliseconds has both.
 */
function areBothLeaving(story: Story, used: ReadonlySet<string>, { version, atMs }: SliceVersion): boolean {
  const areLeaving = [...used].every(
    (uid) => podAt(story, uid, version)?.object.metadata.deletionTimestamp !== undefined,
  );
  return (
    areLeaving && story.records.some((record) => record.atMs <= atMs && record.atMs >= atMs - labelOnItsWayMs)
  );
}

function usedPods(slices: readonly SliceVersion[]): ReadonlySet<string> {
  const ready = slices.flatMap((slice) => slice.ready);
  return new Set(ready.length > 0 ? ready : slices.flatMap((slice) => slice.servingOn));
}

function wasNamed(story: Story, uid: string, { version, atMs }: SliceVersion): boolean {
  if (recordAt(story, version)?.holderUid === uid) return true;
  return story.records.some((record, index) => {
    const namedUntilMs = story.records[index + 1]?.atMs ?? atMs;
    return record.holderUid === uid && record.version <= version && namedUntilMs >= atMs - followsWithinMs;
  });
}

function nameIn(story: Story): (uid: string) => string {
  return (uid) => podAt(story, uid, Number.POSITIVE_INFINITY)?.name ?? uid;
}
