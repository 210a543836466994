/** What a Singleton's status says, when two controllers or somebody else write it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeclaredWorld } from './declared-world.ts';

const service = 'feed';

async function directWorld(): Promise<DeclaredWorld> {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b', 'c']) world.addPod(name);
  world.setService(service);
  world.createSingleton(service);
  world.addController('c1');
  await statusSays(world, 'a');
  return world;
}

function statusSays(world: DeclaredWorld, active: string): Promise<void> {
  return world.clock.advanceUntil(
    () => world.singletonStatus(service)?.active?.pod === active,
    10_000,
    `a status that calls ${active} active`,
  );
}

function toldMoves(world: DeclaredWorld): readonly number[] {
  return (world.singletonStatus(service)?.history ?? []).map(({ epoch }) => epoch);
}

test('a move that one controller has told is not taken back by the other one, which has not seen that yet', async () => {
  const world = await directWorld();
  world.addController('c2');
  await world.clock.advance(3_000);
  const [active] = world.controllers;
  // It does not see the pod go, so that the other one moves the role; and it does not see what that one tells.
  active?.watch.stallStreams((path) => path.includes('/pods') || path.includes('/singletons'));
  world.forceDelete('a');
  await statusSays(world, 'b');
  assert.deepEqual(toldMoves(world), [2, 1]);
  await world.clock.advance(1_500);
  assert.deepEqual(toldMoves(world), [2, 1]);
  active?.watch.dropStreams();
  world.setReady('c', false);
  await world.clock.advanceUntil(
    () => world.singletonStatus(service)?.ready === '1/2',
    5_000,
    'the status of c',
  );
  assert.deepEqual(toldMoves(world), [2, 1]);
  await world.end();
});

test('a status that somebody writes by hand is put right, with an epoch that nobody was given too', async () => {
  const world = await directWorld();
  const { active } = world.singletonStatus(service) ?? {};
  assert.ok(active !== undefined);
  world.patchStatus(service, { active: { ...active, epoch: 7 }, standbys: [], ready: '0/0' });
  await world.clock.advanceUntil(
    () => world.singletonStatus(service)?.active?.epoch === 1,
    5_000,
    'the epoch of the record',
  );
  assert.equal(world.singletonStatus(service)?.ready, '3/3');
  assert.deepEqual(world.violations.splice(0), ['the status of feed took epoch 7 back']);
  await world.end();
});

test('a Singleton whose spec has become wrong is led as it was: its status says so, and tells each move', async () => {
  const world = await directWorld();
  world.loosenDefinition();
  world.patchSingleton(service, { spec: { safety: 'Foo' } });
  await world.clock.advanceUntil(
    () => world.singletonStatus(service)?.because.code === 'SpecInvalid',
    5_000,
    'the refusal',
  );
  world.forceDelete('a');
  await statusSays(world, 'b');
  const { because, conditions = [] } = world.singletonStatus(service) ?? {};
  assert.match(because?.sentence ?? '', /^spec\.safety: /);
  const states = conditions.map(({ type, status }) => `${type} ${status}`);
  assert.deepEqual(states.slice(0, 3), ['Accepted False', 'Available True', 'Redundant True']);
  assert.deepEqual(toldMoves(world), [2, 1]);
  world.patchSingleton(service, { spec: { safety: 'Prompt' } });
  await world.clock.advanceUntil(
    () => world.singletonStatus(service)?.because.code !== 'SpecInvalid',
    5_000,
    'the acceptance',
  );
  await world.end();
});

test('an API server that does not know Singletons yet, as when it has just started, is told again once it does', async () => {
  const world = await directWorld();
  const [controller] = world.controllers;
  let starting = true;
  controller?.write.rules.push(({ path }) =>
    starting && path.includes('/singletons/') ? { status: 404, body: '404 page not found' } : undefined,
  );
  world.forceDelete('a');
  await world.clock.advance(1_000);
  starting = false;
  await world.clock.advanceUntil(
    () => world.singletonStatus(service)?.active?.pod === 'b',
    2_000,
    'a status that calls b active',
  );
  await world.end();
});

test('an API server that refuses statuses for long is asked no more often than for one, and told by all as soon as it takes one', async () => {
  const world = await directWorld();
  for (const name of ['x', 'y']) world.addPod(name, { labels: { app: 'other' } });
  world.setService('other');
  world.createSingleton('other', { selector: { matchLabels: { app: 'other' } } });
  await world.clock.advanceUntil(
    () => world.singletonStatus('other')?.active?.pod === 'x',
    10_000,
    'a status of the other one',
  );
  const [controller] = world.controllers;
  let starting = true;
  let asked = 0;
  controller?.write.rules.push(({ path }) => {
    if (!starting || !path.includes('/singletons/')) return undefined;
    asked += 1;
    return { status: 404, body: '404 page not found' };
  });
  world.forceDelete('a');
  world.forceDelete('x');
  await world.clock.advance(25_000);
  assert.ok(asked <= 25_000 / 500 + 2, `asked ${asked} times`);
  starting = false;
  await world.clock.advanceUntil(
    () =>
      world.singletonStatus(service)?.active?.pod === 'b' &&
      world.singletonStatus('other')?.active?.pod === 'y',
    1_300,
    'both statuses',
  );
  await world.end();
});

test('where nothing changes nothing is written', async () => {
  const world = await directWorld();
  world.addController('c2');
  await world.clock.advance(10_000);
  const sent = () => world.controllers.flatMap(({ write }) => write.requests).map(({ path }) => path);
  const before = sent().length;
  await world.clock.advance(20_000);
  const others = sent()
    .slice(before)
    .filter((path) => !/\/(leases|selfsubjectaccessreviews)\b/.test(path));
  assert.deepEqual(others, []);
  await world.end();
});
