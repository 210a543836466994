/**
 * Owns the end of a scene: the Singleton's status has come to say what there is, and not long after it came about.
 * Must not strike or mend anything.
 */
import assert from 'node:assert/strict';
import { endStateProblems } from '../checkers/end-state.ts';
import { statusLagMs } from '../checkers/status-lag.ts';
import type { Singleton } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';

/** A lost node's controller may have been the one that writes it: the other one takes its place after 5 s. */
const trueWithinMs = 30_000;
/** It is written 100 ms after a change, not twice within 500 ms; the rest is for a busy machine. */
const lagMsMax = 2_000;

/** Of controllers that adopt pods there is none to be held to anything. */
export async function statusTellsTruth(singleton: Singleton): Promise<void> {
  const { stage, place } = singleton;
  if (!stage.place.singletons) return;
  const scope = { service: place.service, isMember: singleton.isMember.bind(singleton) };
  await stage.recorder.waitFor(() => {
    const problems = endStateProblems(singleton.history(), scope);
    return problems.length === 0 ? {} : problems.join('; ');
  }, trueWithinMs);
  const lagMs = statusLagMs(singleton.history(), scope, controllersChangedAtMs(stage));
  assert.ok(lagMs <= lagMsMax, `the status came ${Math.round(lagMs)} ms after what it tells of`);
}

/** Who of them writes it may have changed then. */
function controllersChangedAtMs({ recorder, place }: Stage): number {
  const last = recorder.changes.findLast(
    ({ resource, namespace }) => resource === 'pods' && namespace === place.namespace,
  );
  return last?.atMs ?? Number.NEGATIVE_INFINITY;
}
