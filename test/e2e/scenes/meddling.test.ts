import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeIdentity } from '../../../src/kube/decode-meta.ts';
import { answersOf } from '../prober.ts';
import { forcedDelete } from '../scene/catalogue.ts';
import { oneSourceOf } from '../scene/end-of-scene.ts';
import { Ensemble } from '../scene/ensemble.ts';
import { modeChanged, recordDeleted, singletonRecreated, sliceEmptied } from '../scene/meddling.ts';
import { openStage, type Troupe } from '../scene/troupe.ts';
import type { Stage } from '../stage.ts';

/** Nothing waits for it. */
const eventWithinMs = 10_000;

let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  ({ stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-meddling' });
});
after(async () => {
  await ensemble?.dismiss();
  await stage?.close();
});

describe('what is done by hand on a real cluster, in both modes', () => {
  test('a record that somebody deletes is made again: the same holder, a higher epoch', () =>
    ensemble.each(async (troupe, { mode }) => {
      const { singleton, prober } = troupe;
      const { result, before: standing } = await troupe.play(recordDeleted(stage, singleton.place, mode));
      assert.ok(result.epochs.after > result.epochs.before);
      assert.equal(singleton.record()?.holder?.uid, standing.active.uid);
      await answersOf(prober, singleton, standing.active.name);
    }));

  test('a slice of ours that somebody empties is put right, and an Event says so', () =>
    ensemble.each(async (troupe, { mode }) => {
      if (mode === 'Labels') return;
      const { result, before: standing } = await troupe.play(sliceEmptied(troupe));
      assert.equal(result.epochs.after, result.epochs.before);
      await answersOf(troupe.prober, troupe.singleton, standing.active.name);
      await eventSays(troupe, 'TrafficCorrected');
    }));

  test('a Singleton that is deleted and made again keeps its active and its epoch, and no client notices', () =>
    ensemble.each(async (troupe) => {
      const played = await troupe.play(singletonRecreated(stage, troupe.singleton.place));
      assert.equal(played.result.epochs.after, played.result.epochs.before);
      assert.equal(troupe.singleton.record()?.holder?.uid, played.before.active.uid);
      troupe.assertUninterrupted(played);
    }));

  test('a Service that gets a selector, or loses its own: the active stays, no client notices, one side alone leads it', () =>
    ensemble.each(async (troupe, { mode }) => {
      const other = mode === 'Direct' ? 'Labels' : 'Direct';
      const { singleton } = troupe;
      const played = await troupe.play(modeChanged(stage, singleton.place, other));
      assert.equal(played.result.epochs.after, played.result.epochs.before + 1);
      assert.equal(singleton.record()?.holder?.uid, played.before.active.uid);
      troupe.assertUninterrupted(played);
      await oneSourceOf(singleton, other);
      if (other === 'Direct') assert.equal(await leftEndpoints(troupe), undefined);
      const { result } = await troupe.play(forcedDelete(stage));
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }));
});

async function eventSays({ singleton }: Troupe, reason: string): Promise<void> {
  const { namespace } = singleton.place;
  await stage.recorder.waitFor(() => {
    const events = stage.recorder.current('events');
    const isThere = events.some(
      (event) => event.reason === reason && decodeIdentity(event).namespace === namespace,
    );
    return isThere ? {} : `an Event ${reason}`;
  }, eventWithinMs);
}

/** What Kubernetes would make slices of again. */
function leftEndpoints({ singleton }: Troupe) {
  const { namespace, service } = singleton.place;
  return stage.api.find(`/api/v1/namespaces/${namespace}/endpoints/${service}`);
}
