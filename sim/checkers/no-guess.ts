/**
 * Owns the check of G3: whenever the role moved there was evidence of it in the world: something had become of the holder,
 * or somebody had asked; and under Strict the one before could no longer act.
 */
import { booleanAt, listAt, numberAt, stringAt } from '../../src/sandbox/api/json.ts';
import { overlaps } from './beliefs.ts';
import { happened, podAt, type RecordVersion, type Story, turns } from './story.ts';

/** How long ago what was seen may have been: a watch that is late, and sight that lasts two seconds. */
const seenWithinMs = 6_000;

export function guessProblems(story: Story): readonly string[] {
  return [...moveWithoutEvidence(story), ...strictProblems(story)];
}

function moveWithoutEvidence(story: Story): readonly string[] {
  const moves = turns(story);
  return moves.flatMap((next, index) => {
    const before = moves[index - 1];
    if (before === undefined || before.holderUid === next.holderUid) return [];
    return moveProblems(story, before, next);
  });
}

function moveProblems(story: Story, before: RecordVersion, next: RecordVersion): readonly string[] {
  const uid = before.holderUid ?? '';
  const fromMs = Math.max(before.atMs, next.atMs - seenWithinMs);
  const asked = ['switchover', 'record-deleted', 'singleton-made-anew', 'service-made-anew', 'node-drained'];
  const isAsked = story.truth.happenings.some(
    ({ atMs, kind, target }) =>
      asked.includes(kind) && atMs <= next.atMs && (target === story.plan.name || kind === 'node-drained'),
  );
  if (isAsked) return [];
  const versions = story.pods.filter((pod) => pod.uid === uid && pod.version <= next.version);
  const standing = versions.filter(
    ({ atMs }, index) => (versions[index + 1]?.atMs ?? atMs) >= fromMs || index === versions.length - 1,
  );
  if (standing.length === 0 || standing.some((pod) => isEvidence(story, pod, before))) return [];
  if (isNodeLost(story, uid, fromMs, next)) return [];
  if (hasEnded(story, uid, next.atMs)) return [];
  return [`at ${next.version} the role moved from ${standing[0]?.name}, of which nothing was known`];
}

/** What Kubernetes says of a pod that is no longer a healthy active. */
function isEvidence(story: Story, { object, isGone }: Story['pods'][number], before: RecordVersion): boolean {
  if (isGone || object.metadata.deletionTimestamp !== undefined) return true;
  const phase = stringAt(object, 'status', 'phase');
  if (phase === 'Failed' || phase === 'Succeeded') return true;
  // Of marked containers only the critical ones count.
  const statuses = listAt(object, 'status', 'containerStatuses');
  const counting = story.plan.hasCritical ? statuses.filter(isMain) : statuses;
  if (counting.some((status) => booleanAt(status, 'ready') !== true)) return true;
  const ready = listAt(object, 'status', 'conditions').find((each) => stringAt(each, 'type') === 'Ready');
  if (stringAt(ready, 'status') !== 'True' && counting.length === statuses.length) return true;
  return counting.some((status) => {
    const id = (stringAt(status, 'containerID') ?? '').replace(/^[a-z]+:\/\//, '').slice(0, 12);
    const isOther = id !== '' && !(before.holderIncarnation ?? '').includes(id) && isMain(status);
    return isOther || (numberAt(status, 'restartCount') ?? 0) > 0;
  });
}

function isMain(status: unknown): boolean {
  return stringAt(status, 'name') === 'main';
}

function isNodeLost(story: Story, uid: string, fromMs: number, next: RecordVersion): boolean {
  const node = stringAt(podAt(story, uid, next.version)?.object, 'spec', 'nodeName');
  return story.truth.changes.some(
    ({ resource, atMs, event }) =>
      resource === 'nodes' &&
      event.object.metadata.name === node &&
      atMs <= next.atMs &&
      atMs >= fromMs - 60_000 &&
      isUnready(event.object, event.type),
  );
}

function isUnready(node: unknown, type: string): boolean {
  const ready = listAt(node, 'status', 'conditions').find((each) => stringAt(each, 'type') === 'Ready');
  return type === 'DELETED' || (ready !== undefined && stringAt(ready, 'status') !== 'True');
}

/** A tripwire hears of an end before the kubelet does. */
function hasEnded(story: Story, uid: string, byMs: number): boolean {
  return story.applications.some(
    ({ identity, endedAtMs }) => identity.podUid === uid && endedAtMs !== undefined && endedAtMs <= byMs,
  );
}

/** No two processes ever believed to be active at once, unless somebody took the record away, or labelled by hand. */
function strictProblems(story: Story): readonly string[] {
  if (story.plan.safety !== 'Strict') return [];
  if (happened(story, byHand, 0, story.truth.endedAtMs)) return [];
  const overlap = overlaps(story)[0];
  if (overlap === undefined) return [];
  const { fromMs, untilMs, names } = overlap;
  return [
    `under Strict ${names.join(' and ')} both believed to be active from ${fromMs.toFixed(0)} to ${untilMs.toFixed(0)} ms`,
  ];
}

/** A record goes with its Service: whoever deletes that has deleted the record, which is the word that nobody acts any more. */
const byHand = ['record-deleted', 'service-made-anew', 'label-active-by-hand', 'label-taken-by-hand'];
