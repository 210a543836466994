import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Mode } from '../../../src/api/singleton.ts';
import { words } from '../../../src/controller/words.ts';
import { apiServerReady, type Cluster } from '../../cluster/cluster.ts';
import {
  continueComponent,
  findContainer,
  healAll,
  restartApiServer,
  stopComponent,
} from '../../cluster/faults.ts';
import { podOf } from '../checkers/turns.ts';
import { answersOf } from '../prober.ts';
import { forcedDelete } from '../scene/catalogue.ts';
import { playScene } from '../scene/measure.ts';
import { containerId, deletePod } from '../scene/strikes.ts';
import { openStage, printResults, Troupe } from '../scene/troupe.ts';
import { modes, serverName } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';

const controllerManager = 'kube-controller-manager';

let cluster: Cluster;
let stage: Stage;

before(async () => {
  ({ cluster, stage } = await openStage());
});
after(async () => {
  await healAll();
  await stage?.close();
});

for (const mode of modes)
  describe(`the control plane of a real cluster, in ${mode} mode`, () => playIn(mode));

function playIn(mode: Mode): void {
  let troupe: Troupe;

  before(async () => {
    troupe = await Troupe.gather(stage, { namespace: `scene-control-plane-${mode.toLowerCase()}`, mode });
  });
  after(async () => {
    await healAll();
    await troupe?.dismiss();
  });

  test('the API server dies in the middle of a failover: it is done when it is back, by one of the controllers', async () => {
    const { result } = await troupe.play({
      name: 'critical container, and API server restarted',
      expected: 'failover',
      answerWithinMs: 60_000,
      strike: async ({ active }) => {
        const process = findContainer(containerId(active, serverName));
        const struckAtMs = process.strike('SIGKILL');
        // Whenever the kubelet has said so, the controllers are at work.
        await troupe.singleton.stage.recorder.waitFor(() => {
          const now = troupe.singleton.pods().find(({ uid }) => uid === active.uid);
          const server = now?.containers.find(({ name }) => name === serverName);
          return now === undefined || server?.state.kind !== 'running'
            ? {}
            : 'the end of the container to be known';
        }, 10_000);
        await restartApiServer();
        return struckAtMs;
      },
    });
    assert.equal(result.epochs.after, result.epochs.before + 1);
    await troupe.singleton.inGoodOrder();
  });

  if (mode === 'Direct') {
    test('without the controller manager role and traffic move', async () => {
      stopComponent(controllerManager);
      // A new standby is the controller manager's, and so is what the status says of one.
      const { result } = await playScene(forcedDelete(stage), troupe.singleton, troupe.prober);
      printResults([result]);
      assert.equal(result.epochs.after, result.epochs.before + 1);
      continueComponent(controllerManager);
      await troupe.singleton.inGoodOrder();
      await troupe.holdPromises();
    });
  } else {
    test('without the controller manager the role moves, and traffic does when it is back', async () => {
      const { recorder } = stage;
      const { singleton, prober } = troupe;
      const { active, epoch } = await singleton.inGoodOrder();
      await answersOf(prober, singleton, active.name);
      stopComponent(controllerManager);
      await deletePod(stage, active, { force: true });
      const heir = await recorder.waitFor(() => {
        const holder = singleton.record()?.holder;
        const pod = singleton.pods().find(({ uid }) => uid === holder?.uid);
        return pod !== undefined && pod.uid !== active.uid && pod.labels[words.role] === 'active'
          ? pod
          : 'the role to move';
      }, 10_000);
      assert.equal(singleton.record()?.epoch, epoch + 1);
      // Endpoints of a Service with a selector are the controller manager's: nobody leads clients to the next one.
      assert.equal(podOf(prober.log.lastAnswer()?.outcome.line ?? ''), active.name);
      continueComponent(controllerManager);
      await answersOf(prober, singleton, heir.name);
      await singleton.inGoodOrder();
      await troupe.holdPromises();
    });
  }

  // What they list is the same in both modes.
  if (mode === 'Labels') return;

  test('on an API server without WatchList new controllers list what there is, and fail over', async () => {
    await restartApiServer({ 'feature-gates': 'WatchList=false' });
    try {
      await apiServerReady(cluster);
      await stage.controllersInGoodOrder();
      const { active, standby } = await stage.controllersInGoodOrder();
      for (const pod of [active, standby]) await deletePod(stage, pod);
      await stage.recorder.waitFor(() => {
        const left = stage.controllers().some(({ uid }) => uid === active.uid || uid === standby.uid);
        return left ? 'the old controllers to go' : {};
      }, 60_000);
      await stage.controllersInGoodOrder();
      const { result } = await troupe.play({
        ...forcedDelete(stage),
        name: 'delete --force, without WatchList',
      });
      assert.equal(result.epochs.after, result.epochs.before + 1);
    } finally {
      await restartApiServer({ 'feature-gates': undefined });
      await apiServerReady(cluster);
    }
    await troupe.singleton.inGoodOrder();
  });
}
