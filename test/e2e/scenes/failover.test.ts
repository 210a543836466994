import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { words } from '../../../src/controller/words.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { usedEndpoints } from '../checkers/traffic.ts';
import {
  allMembersDeleted,
  criticalContainerKilled,
  drainOfItsNode,
  forcedDelete,
  gracefulDelete,
  otherContainerKilled,
} from '../scene/catalogue.ts';
import { Ensemble } from '../scene/ensemble.ts';
import { openStage } from '../scene/troupe.ts';
import { singletonName } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';

let cluster: Cluster;
let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  ({ cluster, stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-failover' });
});
after(async () => {
  await ensemble?.dismiss();
  await stage?.close();
});

describe('on a real cluster, in both modes', () => {
  test('the first member that is fit becomes active, and clients reach it', () =>
    ensemble.each(async (troupe) => {
      const { election } = troupe;
      assert.ok(election !== undefined);
      troupe.print(election);
      // Controllers that have known a singleton of this name go on from its epoch: a store may remember it too.
      assert.ok(election.epochs.after >= 1);
      await troupe.holdPromises();
    }));

  test('a critical container that dies takes its pod along, the standby answers, and a new standby comes', () =>
    ensemble.each(async (troupe) => {
      const { result, before: standing } = await troupe.play(criticalContainerKilled());
      assert.equal(result.evidence, 'container ended');
      assert.equal(result.epochs.after, result.epochs.before + 1);
      const next = await troupe.singleton.inGoodOrder();
      assert.equal(
        troupe.singleton.pods().some(({ uid }) => uid === standing.active.uid),
        false,
      );
      assert.equal(next.active.name, result.to);
      assert.equal(next.active.annotations[words.epoch], String(result.epochs.after));
      // It was told, too: the sample counts.
      assert.match(troupe.prober.log.lastAnswer()?.outcome.line ?? '', / active, told [1-9]/);
    }));

  test('a non-critical container that dies moves nothing', () =>
    ensemble.each(async (troupe, { mode }) => {
      const played = await troupe.play(otherContainerKilled());
      const { active } = played.before;
      assert.equal(played.result.epochs.after, played.result.epochs.before);
      const next = await troupe.singleton.inGoodOrder();
      assert.equal(next.active.uid, active.uid);
      const beside = next.active.containers.find(({ name }) => name === 'beside');
      assert.equal(beside?.restartCount, 1);
      // Kubernetes keeps traffic from a pod that is not Ready. Our own slice goes by the critical containers.
      if (mode === 'Direct') troupe.assertUninterrupted(played);
    }));

  test('an active that is deleted by force is followed by its standby', () =>
    ensemble.each(async (troupe) => {
      const { result } = await troupe.play(forcedDelete(stage));
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }));

  test('an active that is deleted with grace is followed by its standby before it has ended', () =>
    ensemble.each(async (troupe) => {
      const { result } = await troupe.play(gracefulDelete(stage));
      assert.equal(result.evidence, 'leaving');
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }));

  test('a drain waits until the standby has the role: then the active of its node is evicted', async () => {
    // One after the other: with both nodes cordoned nobody could follow.
    for (const troupe of ensemble.troupes) {
      const { namespace } = troupe.singleton.place;
      const budgets = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
      const { items } = await stage.api.get(budgets);
      assert.ok(Array.isArray(items) && items.length === 1, 'one budget, of the controllers');
      const { result } = await troupe.play(drainOfItsNode(stage));
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }
  });

  test('a holder that dies with no standby is followed by the first member that is fit', () =>
    ensemble.each(async (troupe, { mode }) => {
      const { result, before: standing, struckAtMs } = await troupe.play(allMembersDeleted(stage));
      assert.equal(result.epochs.after, result.epochs.before + 1);
      const old = [standing.active, ...standing.standbys].map(({ name }) => name);
      assert.equal(old.includes(result.to), false);
      // Meanwhile the Service leads to nobody: by our own slice, or by the label. Of Kubernetes' slice that is not said:
      // its controller passes over what comes within a second of its own write, and may go from one pod to the next.
      const { pods, slices } = troupe.singleton.history();
      if (mode === 'Direct') {
        const meanwhile = slices.filter(({ atMs }) => atMs > struckAtMs);
        assert.ok(meanwhile.some(({ endpoints }) => usedEndpoints(endpoints).length === 0));
      } else {
        const gone = pods.find((pod) => pod.gone && pod.uid === standing.active.uid);
        const labelled = pods.find(
          ({ name, pod }) => name === result.to && pod.labels[words.role] === 'active',
        );
        assert.ok(gone !== undefined && labelled !== undefined && gone.version < labelled.version);
      }
    }));

  test('kubectl get sgl shows what there is', () =>
    ensemble.each(async (troupe) => {
      const { active, standbys, epoch } = await troupe.singleton.inGoodOrder();
      await troupe.holdPromises();
      const { namespace } = troupe.singleton.place;
      const table = await cluster.runKubectl(['get', 'sgl', '--no-headers', `--namespace=${namespace}`]);
      const [name, shownActive, shownEpoch, shownStandbys, , shownReady] = table.trim().split(/ +/);
      assert.deepEqual(
        [name, shownActive, shownEpoch, shownStandbys, shownReady],
        [singletonName, active.name, String(epoch), standbys.map((pod) => pod.name).join(), '2/2'],
      );
    }));
});
