import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Mode } from '../../../src/api/singleton.ts';
import { decodeIdentity } from '../../../src/kube/decode-meta.ts';
import { answersOf } from '../prober.ts';
import { forcedDelete } from '../scene/catalogue.ts';
import { oneSourceOf } from '../scene/end-of-scene.ts';
import { modeChanged, recordDeleted, singletonRecreated, sliceEmptied } from '../scene/meddling.ts';
import { openStage, Troupe } from '../scene/troupe.ts';
import { modes } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';

/** Nothing waits for it. */
const eventWithinMs = 10_000;

let stage: Stage;

before(async () => {
  ({ stage } = await openStage());
});
after(async () => {
  await stage?.close();
});

for (const mode of modes)
  describe(`what is done by hand on a real cluster, in ${mode} mode`, () => playIn(mode));

function playIn(mode: Mode): void {
  let troupe: Troupe;

  before(async () => {
    troupe = await Troupe.gather(stage, { namespace: `scene-meddling-${mode.toLowerCase()}`, mode });
  });
  after(async () => {
    await troupe?.dismiss();
  });

  test('a record that somebody deletes is made again: the same holder, a higher epoch', async () => {
    const { result, before: standing } = await troupe.play(
      recordDeleted(stage, troupe.singleton.place, mode),
    );
    assert.equal(result.epochs.after, result.epochs.before + 1);
    assert.equal(troupe.singleton.record()?.holder?.uid, standing.active.uid);
    await answersOf(troupe.prober, troupe.singleton, standing.active.name);
  });

  if (mode === 'Direct') {
    test('a slice of ours that somebody empties is put right, and an Event says so', async () => {
      const { result, before: standing } = await troupe.play(sliceEmptied(troupe));
      assert.equal(result.epochs.after, result.epochs.before);
      await answersOf(troupe.prober, troupe.singleton, standing.active.name);
      await eventSays('TrafficCorrected');
    });
  }

  test('a Singleton that is deleted and made again keeps its active and its epoch, and no client notices', async () => {
    const played = await troupe.play(singletonRecreated(stage, troupe.singleton.place));
    assert.equal(played.result.epochs.after, played.result.epochs.before);
    assert.equal(troupe.singleton.record()?.holder?.uid, played.before.active.uid);
    troupe.assertUninterrupted(played);
  });

  const other: Mode = mode === 'Direct' ? 'Labels' : 'Direct';
  const change = other === 'Direct' ? 'loses its selector' : 'gets a selector';
  test(`a Service that ${change}: the active stays, no client notices, and one side alone leads it`, async () => {
    const { place } = troupe.singleton;
    const played = await troupe.play(modeChanged(stage, place, other));
    assert.equal(played.result.epochs.after, played.result.epochs.before + 1);
    assert.equal(troupe.singleton.record()?.holder?.uid, played.before.active.uid);
    troupe.assertUninterrupted(played);
    await oneSourceOf(troupe.singleton, other);
    if (other === 'Direct') assert.equal(await leftEndpoints(), undefined);
    const { result } = await troupe.play(forcedDelete(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  async function eventSays(reason: string): Promise<void> {
    const { namespace } = troupe.singleton.place;
    await stage.recorder.waitFor(() => {
      const events = stage.recorder.current('events');
      const isThere = events.some(
        (event) => event.reason === reason && decodeIdentity(event).namespace === namespace,
      );
      return isThere ? {} : `an Event ${reason}`;
    }, eventWithinMs);
  }

  /** What Kubernetes would make slices of again. */
  function leftEndpoints() {
    const { namespace, service } = troupe.singleton.place;
    return stage.api.find(`/api/v1/namespaces/${namespace}/endpoints/${service}`);
  }
}
