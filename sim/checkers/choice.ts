/**
 * Owns the check that whoever gets the role could serve: not one that was long not Ready, on a cordoned node or never to be
 * chosen, while another one was long as fit as can be.
 */
import { booleanAt, listAt, numberAt, stringAt } from '../../src/sandbox/api/json.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { isPodReady } from '../../src/sandbox/controllers/controller.ts';
import { happened, type Story, turns } from './story.ts';

/** Longer than anybody who decides may see the pods late. */
const steadyForMs = 4_000;
/** What people did by hand has its own rules: the label counts, whoever wrote it. */
const byHandWithinMs = 15_000;
const byHand = ['label-active-by-hand', 'label-taken-by-hand', 'record-deleted', 'singleton-made-anew'];

type Standing = (pod: StoredObject) => boolean;

export function choiceProblems(story: Story): readonly string[] {
  const all = turns(story);
  return all.flatMap(({ holderUid: chosen = '', version, atMs }, index) => {
    if (index === 0 || all[index - 1]?.holderUid === chosen) return [];
    if (happened(story, byHand, atMs - byHandWithinMs, atMs)) return [];
    const was = (uid: string, standing: Standing) => wasSteady(story, uid, atMs, version, standing);
    const others = [...new Set(story.pods.map(({ uid }) => uid))].filter((uid) => uid !== chosen);
    if (!others.some((uid) => was(uid, (pod) => isAtItsBest(story, pod, atMs)))) return [];
    return faults.flatMap(([what, standing]) =>
      was(chosen, (pod) => standing(story, pod, atMs))
        ? [`at ${version} the role went to ${nameOf(story, chosen)}, ${what}, and another one was fit`]
        : [],
    );
  });
}

const faults: readonly [string, (story: Story, pod: StoredObject, atMs: number) => boolean][] = [
  ['which was not Ready', (_, pod) => !isPodReady(pod)],
  ['whose node was cordoned', (story, pod, atMs) => wasCordoned(story, pod, atMs - steadyForMs, atMs)],
  ['which is never to be chosen', (_, pod) => isNever(pod)],
];

/** Nobody could have had anything against it. */
function isAtItsBest(story: Story, pod: StoredObject, atMs: number): boolean {
  const { deletionTimestamp, labels = {} } = pod.metadata;
  if (deletionTimestamp !== undefined || labels.role !== 'standby' || !isPodReady(pod) || isNever(pod))
    return false;
  if (listAt(pod, 'status', 'containerStatuses').some((each) => (numberAt(each, 'restartCount') ?? 0) > 0))
    return false;
  return isNodeCalm(story, pod, atMs);
}

function wasSteady(story: Story, uid: string, atMs: number, version: number, standing: Standing): boolean {
  const versions = story.pods.filter((pod) => pod.uid === uid && pod.version <= version);
  const first = versions.findLastIndex((pod) => pod.atMs <= atMs - steadyForMs);
  if (first < 0) return false;
  return versions.slice(first).every(({ isGone, object }) => !isGone && standing(object));
}

function isNever(pod: StoredObject): boolean {
  return pod.metadata.annotations?.['understudy.dev/priority'] === 'never';
}

/** Throughout. */
function wasCordoned(story: Story, pod: StoredObject, fromMs: number, untilMs: number): boolean {
  const versions = nodeVersions(story, pod).filter(({ atMs }) => atMs <= untilMs);
  const first = versions.findLastIndex(({ atMs }) => atMs <= fromMs);
  return first >= 0 && versions.slice(first).every(({ event }) => isCordoned(event.object));
}

/** Neither cordoned nor not Ready, at any time until then. */
function isNodeCalm(story: Story, pod: StoredObject, untilMs: number): boolean {
  return nodeVersions(story, pod)
    .filter(({ atMs }) => atMs <= untilMs)
    .every(({ event }) => event.type !== 'DELETED' && !isCordoned(event.object) && isPodReady(event.object));
}

function isCordoned(node: StoredObject): boolean {
  return booleanAt(node, 'spec', 'unschedulable') === true;
}

function nodeVersions({ truth }: Story, pod: StoredObject): Story['truth']['changes'] {
  const node = stringAt(pod, 'spec', 'nodeName');
  return truth.changes.filter(
    ({ resource, event }) => resource === 'nodes' && event.object.metadata.name === node,
  );
}

function nameOf({ pods }: Story, uid: string): string {
  return pods.find((pod) => pod.uid === uid)?.name ?? uid;
}
