import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Mode } from '../../../src/api/singleton.ts';
import {
  activeControllerKilled,
  bothControllersDeleted,
  controllerAndActiveKilled,
  controllerKilledAndForcedDelete,
  forcedDelete,
} from '../scene/catalogue.ts';
import type { Played } from '../scene/measure.ts';
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

test('controllers on a real cluster run on different nodes', async () => {
  const { active, standby } = await stage.controllersInGoodOrder();
  assert.notEqual(active.node, standby.node);
});

for (const mode of modes) describe(`controllers on a real cluster, in ${mode} mode`, () => playIn(mode));

function playIn(mode: Mode): void {
  let troupe: Troupe;

  before(async () => {
    troupe = await Troupe.gather(stage, { namespace: `scene-controllers-${mode.toLowerCase()}`, mode });
  });
  after(async () => {
    await troupe?.dismiss();
  });

  function assertNothingMoved(played: Played): void {
    assert.equal(played.result.epochs.after, played.result.epochs.before);
    troupe.assertUninterrupted(played);
  }

  test('the active controller dies: no client notices, and the other one takes its place', async () => {
    assertNothingMoved(await troupe.play(activeControllerKilled(stage)));
    await stage.controllersInGoodOrder();
  });

  test('both controllers die: no client notices, and when they are back they fail over', async () => {
    assertNothingMoved(await troupe.play(bothControllersDeleted(stage)));
    await stage.controllersInGoodOrder();
    const { result } = await troupe.play(forcedDelete(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  test('the active controller and the active die in the same instant: the other controller fails over', async () => {
    const { result } = await troupe.play(controllerAndActiveKilled(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  test('the active controller dies as the active is deleted by force: the other controller fails over', async () => {
    const { result } = await troupe.play(controllerKilledAndForcedDelete(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  test('both controllers and the active die in the same instant: the controllers come back and fail over', async () => {
    const deleteBoth = bothControllersDeleted(stage);
    const deleteActive = forcedDelete(stage);
    const { result } = await troupe.play({
      name: 'both controllers and the active: delete --force',
      expected: 'failover',
      strike: async (standing) => {
        await deleteBoth.strike(standing);
        return deleteActive.strike(standing);
      },
    });
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });
}
