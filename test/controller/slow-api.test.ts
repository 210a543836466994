/** An API server that is far away, or gone while a controller stops. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../../src/controller/limits.ts';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { World } from './world.ts';

describe('an API server that answers late', () => {
  for (const roundTripMs of [600, 1_200]) {
    test(`sees its controllers elect and fail over all the same (${roundTripMs} ms)`, async () => {
      const world = new World({ roundTripMs });
      world.addPod('a');
      world.addPod('b');
      const { controller } = world.addController('c1');
      await world.clock.advanceUntil(() => world.actives().join() === 'a', 20_000, 'one active');
      assert.equal(controller.state().sight.kind, 'clear');
      world.forceDelete('a');
      await world.clock.advanceUntil(() => world.actives().join() === 'b', 6_000, 'the other one active');
      await world.clock.advance(10_000);
      assert.equal(world.record()?.transitions, 2);
      assert.deepEqual(world.sentences(/^blind/), []);
      await world.end();
    });
  }
});

describe('a record whose write was lost', () => {
  test('is settled by an answer that takes longer than a write may', async () => {
    const world = new World({ roundTripMs: 1_200 });
    world.addPod('a');
    const { write } = world.addController('c1');
    let lost = 0;
    const isRecordWrite = ({ method, body }: ApiRequest) =>
      method !== 'GET' && body?.includes('"understudy-hapod"') === true;
    write.rules.push((request) => (isRecordWrite(request) && lost++ < 1 ? 'lose-request' : undefined));
    await world.clock.advanceUntil(() => world.actives().join() === 'a', 20_000, 'one active');
    assert.ok(lost > 1);
    assert.equal(world.record()?.transitions, 1);
    await world.end();
  });
});

describe('a controller that is stopped while the API does not answer', () => {
  test('has stopped within its limit, and sends nothing after that', async () => {
    const world = new World();
    world.addControllerPod('icr-a');
    world.addPod('a');
    const { controller, write } = world.addController('icr-a');
    await world.settle();
    await world.clock.advance(3_000);
    assert.equal(controller.state().role, 'active');
    write.rules.push(() => 'lose-request');
    world.forceDelete('a');
    await world.clock.advance(100);
    let stopped = false;
    const stopping = controller.stop().then(() => {
      stopped = true;
    });
    await world.clock.advance(limits.stopMs);
    await stopping;
    assert.ok(stopped);
    write.requests.length = 0;
    await world.clock.advance(60_000);
    assert.deepEqual(write.requests, []);
  });
});
