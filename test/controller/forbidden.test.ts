/** What a controller may not see, and what it does with the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World, type WorldController } from './world.ts';

/** Answers what a controller asks about its permissions as its watches are answered. */
function answerReviews({ write }: WorldController, isForbidden: (path: string) => boolean): void {
  write.rules.push(({ path, body }) => {
    if (!path.includes('selfsubjectaccessreviews')) return undefined;
    const { verb, namespace, resource } = JSON.parse(body ?? '{}').spec.resourceAttributes;
    const isRead = verb === 'list' || verb === 'watch';
    const allowed = !(isRead && isForbidden(`/namespaces/${namespace}/${resource}`));
    return { status: 201, body: JSON.stringify({ status: { allowed } }) };
  });
}

test('G7: a namespace whose pods may not be seen costs the others nothing, and is what it is not ready for', async () => {
  const isForbidden = (path: string) => path.includes('/namespaces/blue/pods');
  const world = new World({ namespaces: ['blue', 'red'], isForbidden });
  for (const name of ['a', 'b']) world.addPod(name, { namespace: 'red' });
  const added = world.addController('c1');
  answerReviews(added, isForbidden);
  await world.settle(10_000, 'red');
  await world.clock.advance(5_000);
  assert.equal(world.sentences(/permission missing: (list|watch) pods \(namespace blue\)/).length, 2);
  world.forceDelete('a', 'red');
  await world.settle(500, 'red');
  assert.deepEqual(world.actives('red'), ['b']);
  assert.match(added.controller.unready().join(), /namespace blue/);
  await world.end();
});

test('G7: a namespace whose records may not be seen does not keep those of others from being settled', async () => {
  const isForbidden = (path: string) => path.includes('/namespaces/blue/leases');
  const world = new World({ namespaces: ['blue', 'red'], isForbidden });
  world.addPod('a', { namespace: 'red' });
  const { write } = world.addController('c1');
  const isOfRecord = ({ path }: ApiRequest) => path.includes('/namespaces/red/leases');
  let lost = 0;
  write.rules.push((request) => (isOfRecord(request) && lost++ < 2 ? 'lose-request' : undefined));
  await world.settle(10_000, 'red');
  assert.ok(lost > 2);
  await world.end();
});

test('where nodes may not be read, a lost node is known by what the node controller writes on its pods', async () => {
  const world = new World({ isForbidden: (path) => path.includes('/nodes') });
  for (const name of ['a', 'b']) world.addPod(name);
  world.addController('c1');
  await world.settle();
  const conditions = [{ type: 'Ready', status: 'False', reason: 'NodeNotReady' }];
  const patch = { type: 'merge' as const, body: { status: { conditions } } };
  world.store.patch(resourceTypes.pods, 'default', 'a', patch, { subresource: 'status' });
  await world.clock.advanceUntil(() => world.actives().join() === 'b', 1_000, 'the other one active');
  assert.equal(world.record()?.holder, 'b');
  await world.end();
});

test('G5: an API server that refuses everything in its first second holds a failover up for hardly longer than that', async () => {
  const world = new World();
  for (const name of ['a', 'b']) world.addPod(name);
  const { write } = world.addController('c1');
  await world.settle();
  let isWarm = false;
  const refusal = { kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403, message: 'not yet' };
  write.rules.push(({ path }) => {
    if (isWarm) return undefined;
    if (!path.includes('selfsubjectaccessreviews')) return { status: 403, body: JSON.stringify(refusal) };
    return { status: 201, body: JSON.stringify({ status: { allowed: false } }) };
  });
  // The last of all that it asks about: from here on nothing is refused that could make it ask again.
  const hasAskedAll = () => world.sentences(/permission missing: watch nodes/).length > 0;
  await world.clock.advanceUntil(hasAskedAll, 2_000, 'the refusal taken for missing permissions');
  isWarm = true;
  world.forceDelete('a');
  await world.clock.advanceUntil(() => world.actives().join() === 'b', 1_000, 'the standby active');
  await world.clock.advance(2_000);
  assert.deepEqual(world.controllers[0]?.controller.unready(), []);
  await world.end();
});

test('G5: an API server that refuses all watches at first, as when it has just started, is mostly seen again at once', async () => {
  let late = 0;
  for (let seed = 1; seed <= 20; seed++) {
    let starting = false;
    const world = new World({ seed, isForbidden: (path) => starting && path.includes('watch=') });
    for (const name of ['a', 'b']) world.addPod(name);
    const { watch } = world.addController('c1');
    await world.settle();
    starting = true;
    watch.dropStreams();
    world.forceDelete('a');
    await world.clock.advance(200);
    starting = false;
    await world.clock.advance(400);
    if (!world.isSettled()) late += 1;
    await world.settle(2_000);
    await world.end();
  }
  // Each back-off has its jitter: some wait longer than that.
  assert.ok(late <= 5, `${late} of 20 took longer than 400 ms`);
});

test('a controller that looks after Singletons in a cluster without their definition is not ready, and says what is missing', async () => {
  const world = new World({ singletons: true });
  const { controller } = world.addController('c1');
  await world.clock.advance(3_000);
  assert.deepEqual(controller.unready(), [
    'the API server has no singletons.understudy.dev: was deploy/crd.yaml applied?',
  ]);
  await world.end();
});
