import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  activeControllerKilled,
  bothControllersDeleted,
  controllerAndActiveKilled,
  controllerKilledAndForcedDelete,
  forcedDelete,
  shared,
} from '../scene/catalogue.ts';
import { Ensemble } from '../scene/ensemble.ts';
import type { Played } from '../scene/measure.ts';
import { openStage, type Troupe } from '../scene/troupe.ts';
import type { Stage } from '../stage.ts';

let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  ({ stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-controllers' });
});
after(async () => {
  await ensemble?.dismiss();
  await stage?.close();
});

/** G6. */
function assertNothingMoved(troupe: Troupe, played: Played): void {
  assert.equal(played.result.epochs.after, played.result.epochs.before);
  troupe.assertUninterrupted(played);
}

function assertMovedOnce({ result }: Played): void {
  assert.equal(result.epochs.after, result.epochs.before + 1);
}

describe('controllers on a real cluster, with a singleton in each mode', () => {
  test('run on different nodes', async () => {
    const { active, standby } = await stage.controllersInGoodOrder();
    assert.notEqual(active.node, standby.node);
  });

  test('the active controller dies: no client notices, and the other one takes its place', async () => {
    await ensemble.each(async (troupe, { once }) => {
      assertNothingMoved(troupe, await troupe.play(shared(activeControllerKilled(stage), once)));
    });
    await stage.controllersInGoodOrder();
  });

  test('both controllers die: no client notices, and when they are back they fail over', async () => {
    await ensemble.each(async (troupe, { once }) => {
      assertNothingMoved(troupe, await troupe.play(shared(bothControllersDeleted(stage), once)));
    });
    await stage.controllersInGoodOrder();
    await ensemble.each(async (troupe) => {
      assertMovedOnce(await troupe.play(forcedDelete(stage)));
    });
  });

  test('the active controller and the actives die in the same instant: the other controller fails over', () =>
    ensemble.each(async (troupe, { once }) => {
      assertMovedOnce(await troupe.play(controllerAndActiveKilled(stage, undefined, once)));
    }));

  test('the active controller dies as the actives are deleted by force: the other controller fails over', () =>
    ensemble.each(async (troupe, { once }) => {
      assertMovedOnce(await troupe.play(controllerKilledAndForcedDelete(stage, undefined, once)));
    }));

  test('both controllers and the actives die in the same instant: the controllers come back and fail over', () =>
    ensemble.each(async (troupe, { once }) => {
      const deleteBoth = shared(bothControllersDeleted(stage), once);
      const deleteActive = forcedDelete(stage);
      const played = await troupe.play({
        name: 'both controllers and the active: delete --force',
        expected: 'failover',
        strike: async (standing) => {
          await deleteBoth.strike(standing);
          return deleteActive.strike(standing);
        },
      });
      assertMovedOnce(played);
    }));
});
