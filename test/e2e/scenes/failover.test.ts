import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  criticalContainerKilled,
  forcedDelete,
  gracefulDelete,
  otherContainerKilled,
} from '../scene/catalogue.ts';
import { openStage, printResults, Troupe } from '../scene/troupe.ts';
import type { Stage } from '../stage.ts';

let stage: Stage;
let troupe: Troupe;

before(async () => {
  ({ stage } = await openStage());
  troupe = await Troupe.gather(stage, { namespace: 'scene-failover' });
});
after(async () => {
  await troupe?.dismiss();
  await stage?.close();
});

describe('on a real cluster', () => {
  test('the first member that is fit becomes active, and clients reach it', async () => {
    const { election } = troupe;
    assert.ok(election !== undefined);
    printResults([election]);
    assert.equal(election.epochs.after, 1);
    await troupe.holdGuarantees();
  });

  test('a critical container that dies takes its pod along, the standby answers, and a new standby comes', async () => {
    const { result, before: standing } = await troupe.play(criticalContainerKilled());
    assert.equal(result.evidence, 'container ended');
    assert.equal(result.epochs.after, result.epochs.before + 1);
    const next = await troupe.singleton.inGoodOrder();
    assert.equal(
      troupe.singleton.pods().some(({ uid }) => uid === standing.active.uid),
      false,
    );
    assert.equal(next.active.name, result.to);
    // It was told, too: the sample counts.
    assert.match(troupe.prober.log.lastAnswer()?.outcome.line ?? '', / active, told [1-9]/);
  });

  test('a non-critical container that dies moves nothing', async () => {
    const { result, before: standing } = await troupe.play(otherContainerKilled());
    assert.equal(result.epochs.after, result.epochs.before);
    const next = await troupe.singleton.inGoodOrder();
    assert.equal(next.active.uid, standing.active.uid);
    const beside = next.active.containers.find(({ name }) => name === 'beside');
    assert.equal(beside?.restartCount, 1);
  });

  test('an active that is deleted by force is followed by its standby', async () => {
    const { result } = await troupe.play(forcedDelete(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  test('an active that is deleted with grace is followed by its standby before it has ended', async () => {
    const { result } = await troupe.play(gracefulDelete(stage));
    assert.equal(result.evidence, 'leaving');
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });
});
