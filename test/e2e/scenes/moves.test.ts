import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eviction } from '../scene/catalogue.ts';
import { restartRollout } from '../scene/strikes.ts';
import { openStage, Troupe } from '../scene/troupe.ts';
import type { Stage } from '../stage.ts';

const namespace = 'scene-moves';

let stage: Stage;
let troupe: Troupe;

before(async () => {
  ({ stage } = await openStage());
  troupe = await Troupe.gather(stage, { namespace, kind: 'Deployment' });
  await stage.api.create(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'answering' },
    spec: { minAvailable: 1, selector: { matchLabels: troupe.singleton.place.labels } },
  });
});
after(async () => {
  await troupe?.dismiss();
  await stage?.close();
});

describe('planned moves on a real cluster', () => {
  test('an eviction that the disruption budget allows is followed by the standby', async () => {
    const { result } = await troupe.play(eviction(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
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
    await troupe.holdGuarantees();
  });
});
