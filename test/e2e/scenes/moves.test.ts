import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Mode } from '../../../src/api/singleton.ts';
import { eviction, gracefulDeleteServingOn } from '../scene/catalogue.ts';
import { restartRollout } from '../scene/strikes.ts';
import { openStage, Troupe } from '../scene/troupe.ts';
import { modes } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';

let stage: Stage;

before(async () => {
  ({ stage } = await openStage());
});
after(async () => {
  await stage?.close();
});

for (const mode of modes) describe(`planned moves on a real cluster, in ${mode} mode`, () => playIn(mode));

function playIn(mode: Mode): void {
  const namespace = `scene-moves-${mode.toLowerCase()}`;
  let troupe: Troupe;

  before(async () => {
    troupe = await Troupe.gather(stage, { namespace, mode, kind: 'Deployment' });
    await stage.api.create(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'answering' },
      spec: { minAvailable: 1, selector: { matchLabels: troupe.singleton.place.labels } },
    });
  });
  after(async () => {
    await troupe?.dismiss();
  });

  test('an eviction that the disruption budget allows is followed by the standby', async () => {
    const { result } = await troupe.play(eviction(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  test('an active that is deleted while it goes on serving: nobody waits for the next one', async () => {
    const { result } = await troupe.play(gracefulDeleteServingOn(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
    // In Labels mode kube-proxy's pause between two changes may be longer than any application goes on.
    if (mode === 'Direct') assert.deepEqual(result.connections.failures, {});
  });

  test('a rollout ends with one active of the new template, and clients hear it', async () => {
    const { workloadPath } = troupe.singleton.place;
    const { result, before: standing } = await troupe.play({
      name: 'rollout restart',
      expected: 'failover',
      strike: () => restartRollout(stage, workloadPath),
    });
    const old = new Set([standing.active, ...standing.standbys].map(({ uid }) => uid));
    const after = await stage.recorder.waitFor(() => {
      const now = troupe.singleton.standing();
      if (typeof now === 'string') return now;
      return [now.active, ...now.standbys].some(({ uid }) => old.has(uid)) ? 'the end of the old pods' : now;
    }, 60_000);
    process.stdout.write(`  the role moved ${after.epoch - result.epochs.before} times in the rollout\n`);
    assert.ok(after.epoch > result.epochs.before);
    await troupe.holdPromises();
  });
}
