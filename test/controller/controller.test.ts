/** The whole controller against the sandbox's API, in simulated time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { World } from './world.ts';

describe('one controller', () => {
  test('elects the oldest fit member, routes to it and tells it', async () => {
    const world = new World();
    world.addPod('a');
    await world.clock.advance(2_000);
    world.addPod('b');
    world.addController('c1');
    await world.settle();
    assert.deepEqual(world.actives(), ['a']);
    assert.equal(world.record()?.transitions, 1);
    assert.equal(world.notices[0]?.text, 'GoActiveDuringFailover');
    await world.end();
  });

  test('fails over when the active is deleted by force', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    world.addController('c1');
    await world.settle();
    world.forceDelete('a');
    await world.clock.advanceUntil(() => world.actives().includes('b'), 100, 'the standby is active');
    await world.settle(200);
    assert.equal(world.record()?.transitions, 2);
    await world.end();
  });

  test('deletes a pod whose critical container ended, and fails over', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    world.addController('c1');
    await world.settle();
    world.crash('a');
    await world.clock.advanceUntil(
      () => world.pod('a') === undefined && world.isSettled(),
      200,
      'failed over',
    );
    assert.deepEqual(world.actives(), ['b']);
    await world.end();
  });
});
