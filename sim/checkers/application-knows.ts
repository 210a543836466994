/**
 * Owns the check of G4, as things stand once everything has healed: whoever has the role has heard of it with its epoch, and
 * nobody else believes to have it.
 */
import type { Application } from '../world/application.ts';
import { isSightedAtEnd, podAt, recordAt, type Story, turns } from './story.ts';

export function knowledgeProblems(story: Story): readonly string[] {
  return [...lateNotices(story), ...endProblems(story)];
}

/** Whoever sends a notice sees the record as it was at most so long ago, and stops once it sees nothing. */
const recordSeenWithinMs = 4_000;

function lateNotices(story: Story): readonly string[] {
  const uids = new Set(story.pods.map(({ uid }) => uid));
  const all = turns(story);
  return story.truth.told.flatMap(({ atMs, controller, podUid, role, epoch }) => {
    if (role !== 'active' || !uids.has(podUid)) return [];
    const later = all.find((turn) => turn.epoch > epoch && turn.atMs < atMs - recordSeenWithinMs);
    if (later === undefined) return [];
    return [
      `at ${atMs.toFixed(0)} ms ${controller} told of epoch ${epoch}, long after ${later.epoch} had begun`,
    ];
  });
}

function endProblems(story: Story): readonly string[] {
  const { plan, truth } = story;
  const isAnybodyLeft = truth.controllers.some(({ untilMs }) => untilMs === undefined);
  if (plan.notify === 'none' || !isAnybodyLeft) return [];
  const record = recordAt(story, Number.POSITIVE_INFINITY);
  if (record === undefined || record.atMs > truth.endedAtMs - toldWithinMs) return [];
  return [...untoldProblems(story, record), ...believerProblems(story, record)];
}

function untoldProblems(
  story: Story,
  { holderUid, epoch }: { readonly holderUid: string | undefined; readonly epoch: number },
): readonly string[] {
  if (!isSightedAtEnd(story)) return [];
  // A datagram without an acknowledgement may be lost, and nobody ever knows.
  const isLossy =
    story.plan.notify === 'ancestor' && story.truth.happenings.some(({ kind }) => lossy.has(kind));
  const living = story.applications.filter(
    ({ identity, hasEnded, isServing }) =>
      identity.podUid === holderUid && !hasEnded && isServing && stays(story, identity.podUid),
  );
  return living
    .filter(({ heard }) => !isLossy && !heard.some((each) => each >= epoch))
    .map(({ identity }) => `${identity.podName} has the role with epoch ${epoch} and has not heard of it`);
}

/** Between a record and what follows from it, at the end of a run. */
const toldWithinMs = 1_000;

const lossy = new Set(['datagrams-lost', 'controller-cut-from-nodes', 'node-cut-off', 'node-loses-power']);

function believerProblems(
  story: Story,
  { holderUid }: { readonly holderUid: string | undefined },
): readonly string[] {
  return story.applications
    .filter(({ identity, hasEnded }) => !hasEnded && identity.podUid !== holderUid)
    .filter(({ identity }) => stays(story, identity.podUid))
    .filter((application) => application.belief !== undefined && !isNextLife(story, application))
    .map(
      ({ identity, belief }) =>
        `${identity.podName} still believes to be active, with epoch ${belief?.epoch}`,
    );
}

/**
 * It was started after the role had been given to the life before it in the same pod, and heard what was meant for that
 * one. Under Prompt its pod is deleted by the rule of critical containers, which takes its time where they end again and
 * again; Strict waits for its end before anybody else acts.
 */
function isNextLife(story: Story, { identity, belief, startedAtMs }: Application): boolean {
  if (story.plan.safety === 'Strict') return false;
  const turn = turns(story).find(({ epoch }) => epoch === belief?.epoch);
  return turn?.holderUid === identity.podUid && turn.atMs < startedAtMs;
}

/** Its pod is there, and nobody has sent it away: a process outlives its pod by its grace. */
function stays(story: Story, uid: string): boolean {
  const pod = podAt(story, uid, Number.POSITIVE_INFINITY);
  return pod !== undefined && !pod.isGone && pod.object.metadata.deletionTimestamp === undefined;
}
