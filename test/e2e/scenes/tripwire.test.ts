import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { criticalContainerKilled } from '../scene/catalogue.ts';
import { Ensemble } from '../scene/ensemble.ts';
import { openStage } from '../scene/troupe.ts';
import type { Stage } from '../stage.ts';

let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  ({ stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-tripwire', hasTripwire: true });
});
after(async () => {
  await ensemble?.dismiss();
  await stage?.close();
});

describe('a tripwire on a real cluster, in both modes', () => {
  test('a process that is killed is followed by the standby, and what was refused is fenced', () =>
    ensemble.each(async (troupe) => {
      const { result, before: standing } = await troupe.play(criticalContainerKilled());
      assert.equal(result.epochs.after, result.epochs.before + 1);
      assert.notEqual(result.to, standing.active.name);
      const next = await troupe.singleton.inGoodOrder();
      assert.equal(
        [next.active, ...next.standbys].some(({ uid }) => uid === standing.active.uid),
        false,
      );
    }));

  test('a second one, once the new active has accepted, is followed likewise', () =>
    ensemble.each(async (troupe) => {
      const { result } = await troupe.play(criticalContainerKilled());
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }));
});
