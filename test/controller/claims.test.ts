/** Who looks after which pods and which Service, when several ask for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeclaredWorld } from './declared-world.ts';

test('G5: an older Singleton that begins to lead the Service of a younger one gets it, and the younger one says why not', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  world.addPod('x', { labels: { app: 'other' } });
  world.createSingleton('older', { service: undefined });
  await world.clock.advance(2_000);
  world.setService('feed');
  world.createSingleton('feed', { selector: { matchLabels: { app: 'other' } } });
  world.addController('c1');
  await world.clock.advanceUntil(() => world.reached('feed').join() === 'x', 10_000, 'traffic on x');
  await world.clock.advance(2_000);
  world.patchSingleton('older', { spec: { service: 'feed' } });
  await world.clock.advanceUntil(() => world.reached('feed').join() === 'a', 3_000, 'traffic on a');
  await world.clock.advance(2_000);
  const refused = world.singletonStatus('feed');
  assert.equal(refused?.because.code, 'ClaimedBefore');
  assert.equal(refused?.active, undefined);
  assert.deepEqual(
    refused?.conditions.map(({ type, status }) => [type, status]),
    [['Accepted', 'False']],
  );
  assert.equal(world.singletonStatus('older')?.active?.pod, 'a');
  await world.end();
});

test('G8: a Singleton whose pods a flag has adopted is not accepted, whatever its Service is', async () => {
  const world = new DeclaredWorld({ adopt: 'app=hapod' });
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService('feed');
  world.createSingleton('feed', { selector: { matchLabels: { app: 'hapod', tier: 'front' } } });
  world.addController('c1');
  await world.clock.advanceUntil(() => world.actives().length === 1, 10_000, 'one active');
  await world.clock.advance(5_000);
  assert.equal(world.singletonStatus('feed')?.because.code, 'Adopted');
  assert.equal(world.slice('feed'), undefined);
  await world.end();
});

test('G7: two Singletons whose selectors differ and whose pods are the same raise epochs at a pace that others can bear', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b', 'c']) world.addPod(name, { labels: { tier: 'front' } });
  for (const name of ['feed', 'other']) world.setService(name);
  world.createSingleton('feed');
  world.createSingleton('other', { selector: { matchLabels: { tier: 'front' } } });
  world.addController('c1');
  await world.clock.advance(5_000);
  world.patchSingleton('other', { metadata: { annotations: { 'understudy.dev/switchover': 'best' } } });
  await world.clock.advance(10_000);
  const epoch = () => Number(world.slice('feed')?.annotations['understudy.dev/record-epoch']);
  const before = epoch();
  await world.clock.advance(20_000);
  assert.ok(epoch() - before < 20, `from ${before} to ${epoch()}`);
  // Whoever lost the role to the other side has been fenced by now: a new member is there, as a ReplicaSet makes one.
  world.addPod('d', { labels: { tier: 'front' } });
  await world.clock.advance(100);
  const last = epoch();
  world.forceDelete(world.slice('feed')?.annotations['understudy.dev/holder'] ?? '');
  await world.clock.advance(300);
  assert.notEqual(world.reached('feed').join(), '', `from ${last} to ${epoch()}`);
  // Two singletons have two actives, and here their pods are the same ones.
  const others = world.violations.filter((violation) => !violation.startsWith('several actives'));
  world.violations.splice(0, Number.POSITIVE_INFINITY, ...others);
  await world.end();
});

test('G8: a controller that has not seen a Singleton made anew, with other members, leaves those alone', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  for (const name of ['x', 'y']) world.addPod(name, { labels: { app: 'other' } });
  world.setService('feed');
  world.createSingleton('feed');
  const { watch } = world.addController('c1');
  await world.clock.advanceUntil(() => world.reached('feed').join() === 'a', 10_000, 'traffic on a');
  world.addController('c2');
  await world.clock.advance(3_000);
  watch.stallStreams((path) => path.includes('/singletons'));
  world.deleteSingleton('feed');
  await world.clock.advance(1_000);
  world.createSingleton('feed', { selector: { matchLabels: { app: 'other' } } });
  await world.clock.advanceUntil(() => world.reached('feed').join() === 'x', 10_000, 'traffic on x');
  const epoch = () => world.slice('feed')?.annotations['understudy.dev/record-epoch'];
  const before = epoch();
  await world.clock.advance(20_000);
  assert.deepEqual([world.reached('feed').join(), epoch()], ['x', before]);
  for (const name of ['b', 'x', 'y']) assert.equal(world.pod(name)?.deletion, undefined, name);
  // Its watch is opened anew once it has been silent for too long.
  await world.clock.advance(120_000);
  world.forceDelete('x');
  await world.clock.advanceUntil(() => world.reached('feed').join() === 'y', 300, 'traffic on y');
  await world.end();
});
