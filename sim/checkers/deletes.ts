/**
 * Owns the check of G8: the controllers delete a pod only where a critical container of it died or to fence it, always with
 * its UID, and never again and again without a pause.
 */

import { isPodReady } from '../../src/sandbox/controllers/controller.ts';
import type { ControllerWrite } from '../world/truth.ts';
import { happened, happenedTo, isSightedAtEnd, podAt, recordAt, type Story } from './story.ts';

/** Deletes of one singleton's pods back off: 0, 1, 2, 4 … s; fences cost one a move. */
const deletesWithinMs = 10_000;
const deletesMax = 8;

export function deleteProblems(story: Story): readonly string[] {
  const deletes = story.truth.writes.filter(
    ({ method, url, status }) => method === 'DELETE' && status < 300 && podNameOf(url) !== undefined,
  );
  const own = deletes.filter((write) => uidOf(story, write) !== undefined);
  return [
    ...own.flatMap((write) => oneProblem(story, write)),
    ...paceProblems(own),
    ...againProblems(own),
    ...survivorProblems(story),
  ];
}

/** Whose own delete is answered knows that the pod goes, and asks for nothing more than that. */
function againProblems(deletes: readonly ControllerWrite[]): readonly string[] {
  return deletes.flatMap((write, index) => {
    const isAgain = deletes
      .slice(0, index)
      .some(
        (before) =>
          before.controller === write.controller &&
          before.body === write.body &&
          before.url === write.url &&
          before.atMs > write.atMs - againWithinMs,
      );
    return isAgain ? [`at ${write.version} ${write.controller} deleted ${podNameOf(write.url)} again`] : [];
  });
}

/** Answers that are lost or late make it ask once more; those of a link that is clogged come within this. */
const againWithinMs = 60;

/** A critical container of the active ended: somebody else has the role by then, or its pod is gone, or it was chosen anew. */
function survivorProblems(story: Story): readonly string[] {
  const { plan, truth } = story;
  if (
    !plan.hasCritical ||
    !isSightedAtEnd(story) ||
    truth.controllers.every(({ untilMs }) => untilMs !== undefined)
  )
    return [];
  return story.applications.flatMap(({ identity, endedAtMs }) => {
    if (endedAtMs === undefined || endedAtMs > truth.healedAtMs) return [];
    if (happenedTo(story, 'node-loses-power-for-good', identity.node)) return [];
    const before = story.records.findLast(
      ({ atMs, holderUid }) => atMs <= endedAtMs && holderUid !== undefined,
    );
    const after = recordAt(story, Number.POSITIVE_INFINITY);
    if (before?.holderUid !== identity.podUid || after?.holderUid !== identity.podUid) return [];
    if (after.epoch !== before.epoch || !isAnotherReady(story, identity.podUid)) return [];
    const pod = podAt(story, identity.podUid, Number.POSITIVE_INFINITY);
    if (pod === undefined || pod.isGone || pod.object.metadata.deletionTimestamp !== undefined) return [];
    return [
      `at ${endedAtMs.toFixed(0)} ms ${identity.podName}'s critical container ended, and it has epoch ${after.epoch} still`,
    ];
  });
}

function oneProblem(story: Story, write: ControllerWrite): readonly string[] {
  const name = podNameOf(write.url);
  const uid = uidOf(story, write) ?? '';
  const preconditions = preconditionOf(write.body);
  if (preconditions === undefined) return [`at ${write.version} ${name} was deleted without its UID`];
  if (hasCause(story, uid, write)) return [];
  return [`at ${write.version} ${name} was deleted, and nothing had become of it`];
}

/** It died in there, or it is to lose the role or has lost it, or is believed to have it by hand. */
function hasCause(story: Story, uid: string, { atMs, version }: ControllerWrite): boolean {
  const died = story.applications.some(
    ({ identity, endedAtMs }) => identity.podUid === uid && endedAtMs !== undefined && endedAtMs <= atMs,
  );
  if (died || mayBeBelievedByHand(story, atMs)) return true;
  const wasHolder = story.records.some(({ holderUid, atMs: at }) => holderUid === uid && at <= atMs);
  const soon = story.records.findLast((record) => record.atMs <= atMs + 2_000);
  const isHolderStill = recordAt(story, version)?.holderUid === uid && soon?.holderUid === uid;
  if (wasHolder && (!isHolderStill || story.plan.safety === 'Strict')) return true;
  const pod = podAt(story, uid, version);
  return wasHolder && pod?.object.metadata.deletionTimestamp !== undefined && !isHolderStill;
}

/** Without a record each that carries the label may be who had the role: all but one of them are deleted. */
function mayBeBelievedByHand(story: Story, atMs: number): boolean {
  return [['label-active-by-hand'], ['record-deleted', 'singleton-made-anew', 'service-made-anew']].every(
    (kinds) => happened(story, kinds, atMs - handWithinMs, atMs),
  );
}

const handWithinMs = 10_000;

function paceProblems(deletes: readonly ControllerWrite[]): readonly string[] {
  for (const { atMs, version } of deletes) {
    const count = deletes.filter((each) => each.atMs >= atMs && each.atMs < atMs + deletesWithinMs).length;
    if (count > deletesMax) return [`from ${version} on ${count} deletes came within ${deletesWithinMs} ms`];
  }
  return [];
}

/** At the end; where nobody could take over the one that has restarted stays. */
function isAnotherReady({ pods }: Story, uid: string): boolean {
  const last = new Map(pods.map((pod) => [pod.uid, pod]));
  return [...last.values()].some(
    (pod) =>
      pod.uid !== uid &&
      !pod.isGone &&
      pod.object.metadata.deletionTimestamp === undefined &&
      isPodReady(pod.object),
  );
}

function podNameOf(url: string): string | undefined {
  return /\/namespaces\/[^/]+\/pods\/([^/?]+)$/.exec(url.split('?')[0] ?? '')?.[1];
}

/** Of the pod of that name that there was, if it is one of this singleton's. */
function uidOf(story: Story, { url, version }: ControllerWrite): string | undefined {
  const name = podNameOf(url);
  return story.pods.findLast((pod) => pod.name === name && pod.version <= version)?.uid;
}

function preconditionOf(body: string): string | undefined {
  return /"preconditions":\{[^}]*"uid":"([^"]+)"/.exec(body)?.[1];
}
