/** Two controllers, and what becomes of their work when one of them goes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asObject } from '../../src/kube/decode.ts';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
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
        method !== 'GET' && !path.includes('understudy.controller.') && !path.includes('selfsubject'),
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

  test('of one name do not fight over the pair, and it is said once', async () => {
    const world = new World();
    world.addPod('a');
    const twins = [world.addController('c1'), world.addController('c1')];
    await world.clock.advance(5_000);
    for (const { write } of twins) write.requests.length = 0;
    await world.clock.advance(10_000);
    const roles = twins.map(({ controller }) => controller.state().role).sort();
    assert.deepEqual(roles, ['active', 'backup']);
    const pairWrites = twins
      .flatMap(({ write }) => write.requests)
      .filter(({ path }) => path.includes('/understudy.controllers.'));
    assert.deepEqual(pairWrites, []);
    assert.equal(world.sentences(/another controller runs under the name c1 too/).length, twins.length);
    await world.end();
  });
});

describe('a heartbeat', () => {
  test('is owned by the pod of its controller, so that it goes when the pod does', async () => {
    const world = new World();
    world.addControllerPod('icr-a');
    world.addController('icr-a');
    await world.clock.advance(3_000);
    const lease = world.store.get(resourceTypes.leases, 'default', 'understudy.controller.icr-a');
    const owners = asObject(lease?.metadata).ownerReferences;
    assert.deepEqual(owners, [
      { apiVersion: 'v1', kind: 'Pod', name: 'icr-a', uid: world.pod('icr-a')?.uid },
    ]);
    await world.end();
  });

  test('a singleton whose record could be taken for a heartbeat by its name has a record of its own', async () => {
    const world = new World({ adopt: 'app=controller-c1' });
    world.addPod('a', { labels: { app: 'controller-c1' } });
    world.addController('c1');
    const isActive = () => world.pods('controller-c1')[0]?.labels.role === 'active';
    await world.clock.advanceUntil(isActive, 10_000, 'an active');
    await world.end();
  });
});

describe('a controller that stops', () => {
  test('begins with no singleton that it meets meanwhile', async () => {
    const world = new World();
    world.store.create(resourceTypes.namespaces, { metadata: { name: 'red' } });
    world.addPod('a');
    const { controller, write } = world.addController('c1');
    await world.settle();
    const isGoodbye = ({ method, path }: ApiRequest) =>
      method === 'DELETE' && path.includes('/understudy.controller.c1');
    write.rules.push((request) => (isGoodbye(request) ? 'lose-request' : undefined));
    const stopped = controller.stop();
    world.addPod('x', { namespace: 'red' });
    await world.clock.advance(3_000);
    await stopped;
    assert.ok(write.requests.some(isGoodbye));
    write.requests.length = 0;
    world.notices.length = 0;
    await world.clock.advance(60_000);
    assert.deepEqual([write.requests, world.notices, world.actives('red')], [[], [], []]);
  });
});
