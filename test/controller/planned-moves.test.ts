/** Moves of the role that nobody had to die for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { DeclaredWorld } from './declared-world.ts';

const service = 'feed';

async function directWorld(spec: object = {}, names: readonly string[] = ['a', 'b']): Promise<DeclaredWorld> {
  const world = new DeclaredWorld();
  for (const name of names) world.addPod(name);
  world.setService(service);
  world.createSingleton(service, spec);
  world.addController('c1');
  await settled(world, 'a');
  await world.clock.advance(1_000);
  return world;
}

function settled(world: DeclaredWorld, holder: string, withinMs = 10_000): Promise<void> {
  return world.clock.advanceUntil(
    () => world.actives().join() === holder && world.reached(service).join() === holder,
    withinMs,
    `traffic and label on ${holder}`,
  );
}

function ask(world: DeclaredWorld, to: string): void {
  world.patchSingleton(service, { metadata: { annotations: { 'understudy.dev/switchover': to } } });
}

async function answer(world: DeclaredWorld): Promise<string> {
  const annotations = () => world.singletonAnnotations(service);
  await world.clock.advanceUntil(
    () => annotations()['understudy.dev/switchover'] === undefined,
    5_000,
    'the request taken away',
  );
  return annotations()['understudy.dev/switchover-result'] ?? '';
}

test('a switchover moves the role to the best other member, says so, and the old pod is deleted', async () => {
  const world = await directWorld();
  ask(world, 'best');
  await settled(world, 'b', 500);
  assert.match(await answer(world), /^done: the role moved to b \(epoch 2\)$/);
  await world.clock.advance(1_000);
  assert.notEqual(world.pod('a')?.deletion, undefined);
  const [move] = world.singletonStatus(service)?.history ?? [];
  assert.deepEqual([move?.kind, move?.from, move?.to], ['Switchover', 'a', 'b']);
  assert.equal(world.singletonStatus(service)?.switchovers, 1);
  await world.end();
});

test('a switchover to a named member moves the role there, although another one would come first', async () => {
  const world = await directWorld({}, ['a', 'b', 'c']);
  ask(world, 'c');
  await settled(world, 'c', 500);
  assert.match(await answer(world), /^done: c is active, with epoch 2$/);
  await world.end();
});

test('a switchover that can not be is refused with its reason, and nothing moves', async () => {
  const world = await directWorld({}, ['a', 'b']);
  ask(world, 'nobody');
  assert.equal(await answer(world), 'refused: there is no member nobody');
  world.setReady('b', false);
  await world.clock.advance(100);
  ask(world, 'b');
  assert.match(await answer(world), /^refused: b is not fit: /);
  ask(world, 'best');
  assert.equal(await answer(world), 'refused: no other member is fit to take over');
  ask(world, 'a');
  assert.equal(await answer(world), 'done: a is active, with epoch 1');
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '1');
  await world.end();
});

test('a refusal is told in one Event, however many decisions are made until it is written', async () => {
  const world = await directWorld();
  let isAway = true;
  world.controllers[0]?.write?.rules.push(({ path }) =>
    isAway && path.endsWith(`/singletons/${service}`) ? 'lose-request' : undefined,
  );
  ask(world, 'nobody');
  for (const ready of [false, true, false, true]) {
    await world.clock.advance(100);
    world.setReady('b', ready);
  }
  isAway = false;
  world.patchSingleton(service, { metadata: { labels: { seen: 'again' } } });
  await answer(world);
  await world.clock.advance(5_000);
  const told = world.store
    .list(resourceTypes.events, { namespace: 'default' })
    .filter(({ reason }) => reason === 'SwitchoverRefused');
  assert.deepEqual(
    told.map(({ count }) => count),
    [1],
  );
  await world.end();
});

test('a request that names the epoch it was made in is not carried out twice', async () => {
  const world = await directWorld({}, ['a', 'b', 'c']);
  world.forceDelete('a');
  await settled(world, 'b', 500);
  ask(world, 'best@1');
  assert.equal(await answer(world), 'done: the role moved to b (epoch 2)');
  assert.deepEqual(world.actives(), ['b']);
  await world.end();
});

test('a request that was made while no controller ran is met, and not taken for one that was met already', async () => {
  const world = await directWorld();
  world.controllers[0]?.kill();
  ask(world, 'best');
  world.addController('c2');
  await settled(world, 'b', 10_000);
  // Only the active controller answers, and the one that is gone is missed after some seconds.
  await world.clock.advance(5_000);
  assert.equal(await answer(world), 'done: the role moved to b (epoch 2)');
  await world.end();
});

test('while it is paused a switchover is refused', async () => {
  const world = await directWorld({ paused: false });
  world.patchSingleton(service, { spec: { paused: true } });
  await world.clock.advance(200);
  ask(world, 'best');
  assert.equal(await answer(world), 'refused: it is paused: resume it first');
  await world.end();
});

test('a cordoned node gives the role away before anything on it ends', async () => {
  const world = await directWorld();
  world.addPod('c', { node: 'node-2' });
  world.addNode('node-1', { cordoned: true });
  await settled(world, 'c', 1_000);
  await world.clock.advance(1_000);
  const [move] = world.singletonStatus(service)?.history ?? [];
  assert.deepEqual([move?.kind, move?.because.code], ['Switchover', 'NodeCordoned']);
  await world.end();
});

test('a cordoned node keeps the role while no member elsewhere is fit', async () => {
  const world = await directWorld();
  world.addNode('node-1', { cordoned: true });
  await world.clock.advance(5_000);
  assert.deepEqual(world.actives(), ['a']);
  await world.end();
});

test('G4: an active that never answered is told to step down all the same, and deleted where it does not answer that', async () => {
  const notify = { udp: { port: 10_001, format: 'json' } };
  const world = new DeclaredWorld();
  world.notifyOutcome = { kind: 'unacknowledged', because: 'it says nothing' };
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service);
  world.createSingleton(service, { onDemote: 'Notify', stepDownMs: 300, notify });
  world.addController('c1');
  await settled(world, 'a');
  ask(world, 'best');
  await settled(world, 'b', 1_000);
  const ip = world.pod('a')?.ip;
  const told = world.notices.filter((notice) => notice.ip === ip).map(({ text }) => JSON.parse(text).role);
  assert.ok(told.includes('standby'));
  await world.clock.advance(100);
  assert.notEqual(world.pod('a')?.deletion, undefined);
  await world.end();
});

test('G4: a drain that nobody could follow for long still asks the active to step down before its role goes', async () => {
  const notify = { udp: { port: 10_001, format: 'json' } };
  const world = await directWorld({ onDemote: 'Notify', stepDownMs: 300, notify });
  world.notifyOutcome = { kind: 'acknowledged' };
  await world.clock.advance(5_000);
  world.addNode('node-1', { cordoned: true });
  await world.clock.advance(5_000);
  assert.deepEqual(world.actives(), ['a']);
  world.addPod('c', { node: 'node-2' });
  await settled(world, 'c', 1_000);
  await world.clock.advance(1_000);
  assert.equal(world.pod('a')?.deletion, undefined);
  assert.match(world.pod('a')?.annotations['understudy.dev/told'] ?? '', /^1\/.*\/standby$/);
  await world.end();
});

test('G3: under Strict the active is asked to end, serves until it has, and nobody else is reached before that', async () => {
  const world = await directWorld({ safety: 'Strict' });
  const version = () => world.slice(service)?.resourceVersion;
  const before = version();
  ask(world, 'best');
  for (let step = 0; step < 40; step++) {
    await world.clock.advance(50);
    assert.deepEqual(world.reached(service), ['a']);
  }
  assert.notEqual(world.pod('a')?.deletion, undefined);
  assert.equal(version(), before, 'no write to its slice');
  await world.end();
});

test('a member whose promotion gate is not True is never chosen, and the status says why', async () => {
  const world = await directWorld();
  world.patchSingleton(service, { spec: { promotionGate: 'example.com/caught-up' } });
  world.addPod('c');
  world.forceDelete('b');
  await world.clock.advance(1_000);
  world.forceDelete('a');
  await world.clock.advance(1_000);
  assert.deepEqual(world.reached(service), []);
  const [standby] = world.singletonStatus(service)?.standbys ?? [];
  assert.deepEqual([standby?.pod, standby?.fit], ['c', false]);
  world.setCondition('c', 'example.com/caught-up');
  await settled(world, 'c', 500);
  await world.end();
});

test('moves that rest on no proof keep their distance: an active that is not Ready so soon again waits', async () => {
  const world = await directWorld({ minFailoverIntervalSeconds: 60 }, ['a', 'b', 'c']);
  world.forceDelete('a');
  await settled(world, 'b', 500);
  world.setReady('b', false);
  await world.clock.advance(30_000);
  assert.deepEqual(world.actives(), ['b']);
  assert.equal(world.singletonStatus(service)?.because.code, 'FailoverHeldBack');
  await settled(world, 'c', 31_000);
  await world.end();
});

test('the active carries a higher pod-deletion-cost, so that a ReplicaSet takes the standby', async () => {
  const world = await directWorld();
  const cost = (name: string) => world.pod(name)?.annotations['controller.kubernetes.io/pod-deletion-cost'];
  assert.deepEqual([cost('a'), cost('b')], ['1', undefined]);
  ask(world, 'best');
  await settled(world, 'b', 500);
  assert.equal(cost('b'), '1');
  await world.end();
});

test('in a rollout the role goes to the newest template, and so moves once', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name, { owner: 'old' });
  world.setService(service);
  world.createSingleton(service);
  world.addController('c1');
  await settled(world, 'a');
  await world.clock.advance(2_000);
  world.addPod('c', { owner: 'new' });
  world.forceDelete('a');
  await settled(world, 'c', 500);
  await world.end();
});
