import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { budgetName } from '../../../src/controller/budget-codec.ts';
import { words } from '../../../src/controller/words.ts';
import { decodeMeta } from '../../../src/kube/decode-meta.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { eviction, gracefulDeleteServingOn, switchover } from '../scene/catalogue.ts';
import { Ensemble } from '../scene/ensemble.ts';
import { restartRollout } from '../scene/strikes.ts';
import { openStage } from '../scene/troupe.ts';
import { singletonName } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';

let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  let cluster: Cluster;
  ({ cluster, stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-moves', kind: 'Deployment' });
  for (const { singleton } of ensemble.troupes) {
    const { namespace, labels } = singleton.place;
    const of = `--namespace=${namespace}`;
    const own = `pdb/${budgetName(singletonName)}`;
    await cluster.runKubectl(['wait', of, '--for=create', own, '--timeout=20s']);
    await stage.api.create(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'answering' },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    });
    // A moment later it is the only one, and Kubernetes has counted what it allows.
    await cluster.runKubectl(['wait', of, '--for=delete', own, '--timeout=20s']);
    const allowed = '--for=jsonpath={.status.disruptionsAllowed}=1';
    await cluster.runKubectl(['wait', of, allowed, 'pdb/answering', '--timeout=20s']);
  }
});
after(async () => {
  await ensemble?.dismiss();
  await stage?.close();
});

describe('planned moves on a real cluster, in both modes', () => {
  test('an eviction that the disruption budget allows is followed by the standby', () =>
    ensemble.each(async (troupe) => {
      const { result } = await troupe.play(eviction(stage));
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }));

  test('a switchover that somebody asks for is made, and answered where it was asked', () =>
    ensemble.each(async (troupe) => {
      const { namespace } = troupe.singleton.place;
      const { result } = await troupe.play(switchover(stage, troupe.singleton.place));
      assert.equal(result.epochs.after, result.epochs.before + 1);
      await stage.recorder.waitFor(() => {
        const annotations = stage.recorder
          .current('singletons')
          .map(decodeMeta)
          .find((meta) => meta.namespace === namespace)?.annotations;
        const answer = annotations?.[words.switchoverResult] ?? '';
        return answer.startsWith('done: ') && annotations?.[words.switchover] === undefined
          ? {}
          : `an answer, not "${answer}"`;
      }, 10_000);
    }));

  test('an active that is deleted while it goes on serving: nobody waits for the next one', () =>
    ensemble.each(async (troupe, { mode }) => {
      const played = await troupe.play(gracefulDeleteServingOn(stage));
      const { result } = played;
      assert.equal(result.epochs.after, result.epochs.before + 1);
      // In Labels mode kube-proxy's pause between two changes may be longer than any application goes on.
      if (mode === 'Direct') troupe.assertAllAnswered(played);
    }));

  test('a rollout ends with one active of the new template, and clients hear it', () =>
    ensemble.each(async (troupe, { mode }) => {
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
        return [now.active, ...now.standbys].some(({ uid }) => old.has(uid))
          ? 'the end of the old pods'
          : now;
      }, 60_000);
      const moves = after.epoch - result.epochs.before;
      process.stdout.write(`  in ${mode} mode the role moved ${moves} times in the rollout\n`);
      assert.ok(moves > 0);
      await troupe.holdPromises();
    }));
});
