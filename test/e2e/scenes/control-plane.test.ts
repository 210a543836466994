import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
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
import { Ensemble } from '../scene/ensemble.ts';
import { playScene } from '../scene/measure.ts';
import { containerId, deletePod } from '../scene/strikes.ts';
import { openStage, type Troupe } from '../scene/troupe.ts';
import { serverName } from '../singleton/manifests.ts';
import type { GoodStanding } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';

const controllerManager = 'kube-controller-manager';

let cluster: Cluster;
let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  ({ cluster, stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-control-plane' });
});
after(async () => {
  await healAll();
  await ensemble?.dismiss();
  await stage?.close();
});

describe('the control plane of a real cluster, with a singleton in each mode', () => {
  test('the API server dies in the middle of a failover: it is done when it is back, by one of the controllers', () => {
    let restarted: Promise<void> | undefined;
    return ensemble.each(async (troupe, { once }) => {
      const { result } = await troupe.play({
        name: 'critical container, and API server restarted',
        expected: 'failover',
        answerWithinMs: 60_000,
        strike: async ({ active }) => {
          const process = findContainer(containerId(active, serverName));
          await once(machineNowMs);
          const struckAtMs = process.strike('SIGKILL');
          // Whenever a kubelet has said so first, the controllers are at work.
          await endIsKnown(troupe, active);
          restarted ??= restartApiServer();
          await restarted;
          return struckAtMs;
        },
      });
      assert.equal(result.epochs.after, result.epochs.before + 1);
      await troupe.singleton.inGoodOrder();
    });
  });

  async function endIsKnown({ singleton }: Troupe, active: GoodStanding['active']): Promise<void> {
    await stage.recorder.waitFor(() => {
      const now = singleton.pods().find(({ uid }) => uid === active.uid);
      const server = now?.containers.find(({ name }) => name === serverName);
      const isKnown = now === undefined || server?.state.kind !== 'running';
      return isKnown ? {} : 'the end of the container to be known';
    }, 10_000);
  }

  test('without the controller manager the role moves, in Direct mode with its traffic, else traffic does later', () =>
    ensemble.each(async (troupe, { mode, once }) => {
      const { singleton, prober } = troupe;
      const { active } = await singleton.inGoodOrder();
      await answersOf(prober, singleton, active.name);
      await once(() => {
        stopComponent(controllerManager);
        return machineNowMs();
      });
      if (mode === 'Direct') await moveWithTraffic(troupe);
      else await moveWithoutTraffic(troupe);
      await once(() => {
        continueComponent(controllerManager);
        return machineNowMs();
      });
      const heir = singleton.record()?.holder?.name ?? '';
      await answersOf(prober, singleton, heir);
      await singleton.inGoodOrder();
      await troupe.holdPromises();
    }));

  async function moveWithTraffic(troupe: Troupe): Promise<void> {
    const { result } = await playScene(forcedDelete(stage), troupe.singleton, troupe.prober);
    troupe.print(result);
    assert.equal(result.epochs.after, result.epochs.before + 1);
  }

  /** Endpoints of a Service with a selector are the controller manager's: nobody leads clients to the next one. */
  async function moveWithoutTraffic({ singleton, prober }: Troupe): Promise<void> {
    const { active, epoch } = await singleton.inGoodOrder();
    await deletePod(stage, active, { force: true });
    await stage.recorder.waitFor(() => {
      const holder = singleton.record()?.holder;
      const pod = singleton.pods().find(({ uid }) => uid === holder?.uid);
      const hasMoved = pod !== undefined && pod.uid !== active.uid && pod.labels[words.role] === 'active';
      return hasMoved ? pod : 'the role to move';
    }, 10_000);
    assert.equal(singleton.record()?.epoch, epoch + 1);
    assert.equal(podOf(prober.log.lastAnswer()?.outcome.line ?? ''), active.name);
  }

  test('on an API server without WatchList new controllers list what there is, and fail over', async () => {
    await restartApiServer({ 'feature-gates': 'WatchList=false' });
    try {
      await apiServerReady(cluster);
      const { active, standby } = await stage.controllersInGoodOrder();
      for (const pod of [active, standby]) await deletePod(stage, pod);
      await stage.recorder.waitFor(() => {
        const left = stage.controllers().some(({ uid }) => uid === active.uid || uid === standby.uid);
        return left ? 'the old controllers to go' : {};
      }, 60_000);
      await stage.controllersInGoodOrder();
      const scene = { ...forcedDelete(stage), name: 'delete --force, without WatchList' };
      await ensemble.each(async (troupe) => {
        const { result } = await troupe.play(scene);
        assert.equal(result.epochs.after, result.epochs.before + 1);
      });
    } finally {
      await restartApiServer({ 'feature-gates': undefined });
      await apiServerReady(cluster);
    }
    await ensemble.each(async ({ singleton }) => {
      await singleton.inGoodOrder();
    });
  });
});
