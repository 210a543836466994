/**
 * Owns the check of G8: the controllers delete a pod only where a critical container of it died or to fence it, always with
 * its UID, and never again and again without a pause.
 */

import type { ControllerWrite } from '../world/truth.ts';
import { happened, podAt, recordAt, type Story } from './story.ts';

/** Deletes of one singleton's pods back off: 0, 1, 2, 4 … s; fences cost one a move. */
const deletesWithinMs = 10_000;
const deletesMax = 8;

export function deleteProblems(story: Story): readonly string[] {
  const deletes = story.truth.writes.filter(
    ({ method, url, status }) => method === 'DELETE' && status < 300 && podNameOf(url) !== undefined,
  );
  const own = deletes.filter((write) => uidOf(story, write) !== undefined);
  return [...own.flatMap((write) => oneProblem(story, write)), ...paceProblems(own)];
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
