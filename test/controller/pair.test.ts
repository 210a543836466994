/** Two controllers, and what becomes of their work when one of them goes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { World } from './world.ts';

async function twoControllers(world: World) {
  world.addControllerPod('icr-a');
  world.addControllerPod('icr-b');
  world.addPod('a');
  world.addPod('b');
  const second = world.addController('icr-b');
  const first = world.addController('icr-a');
  await world.settle();
  await world.clock.advanceUntil(
    () => labelled(world).join() === 'active,standby',
    5_000,
    'the labels are right',
  );
  return { first, second };
}

const labelled = (world: World) => world.pods('icr').map((pod) => pod.labels.role);

describe('two controllers', () => {
  test('the one with the lower name becomes active, and the labels say so', async () => {
    const world = new World();
    const { first, second } = await twoControllers(world);
    assert.equal(first.controller.state().role, 'active');
    assert.equal(second.controller.state().role, 'backup');
    await world.end();
  });

  test('only the active one writes, while it lives', async () => {
    const world = new World();
    const { second } = await twoControllers(world);
    await world.clock.advance(1_000);
    second.write.requests.length = 0;
    world.forceDelete('a');
    await world.settle(500);
    await world.clock.advance(500);
    const writes = second.write.requests.filter(
      ({ method, path }) =>
        method !== 'GET' && !path.includes('understudy-controller-') && !path.includes('selfsubject'),
    );
    assert.deepEqual(writes, []);
    await world.end();
  });

  test('the active one killed in the same instant costs the failover no more than the hold-back', async () => {
    const world = new World();
    const { first } = await twoControllers(world);
    first.kill();
    world.forceDelete('a');
    await world.clock.advanceUntil(() => world.actives().includes('b'), 90, 'the standby is active');
    await world.settle(1_000);
    await world.end();
  });

  test('the active one stopped cleanly hands over at once', async () => {
    const world = new World();
    const { first, second } = await twoControllers(world);
    const stopped = first.controller.stop();
    await world.clock.advanceUntil(
      () => second.controller.state().role === 'active',
      60,
      'the other one is active',
    );
    await world.clock.advance(1_000);
    await stopped;
    assert.match(world.pairHolder() ?? '', /^icr-b_/);
    first.write.requests.length = 0;
    await world.clock.advance(60_000);
    assert.deepEqual(first.write.requests, []);
    await world.end();
  });

  test('the active one killed is replaced within seconds, or at once where its pod says so', async () => {
    const silent = new World();
    const pair = await twoControllers(silent);
    pair.first.kill();
    await silent.clock.advanceUntil(
      () => pair.second.controller.state().role === 'active',
      7_000,
      'after its silence',
    );
    await silent.end();

    const seen = new World();
    const other = await twoControllers(seen);
    other.first.kill();
    seen.crash('icr-a');
    await seen.clock.advanceUntil(
      () => other.second.controller.state().role === 'active',
      1_200,
      'after its restart',
    );
    await seen.end();
  });

  test('both acting at once make one record', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World({ seed });
      world.addPod('a');
      world.addPod('b');
      world.addController('c1');
      world.addController('c2');
      await world.settle();
      assert.equal(world.record()?.transitions, 1);
      await world.end();
    }
  });

  test('without pods of their own the Leases alone make the pair', async () => {
    const world = new World();
    world.addPod('a');
    const one = world.addController('c1');
    const two = world.addController('c2');
    await world.settle();
    await world.clock.advance(3_000);
    const roles = [one, two].map(({ controller }) => controller.state().role).sort();
    assert.deepEqual(roles, ['active', 'backup']);
    await world.end();
  });
});
