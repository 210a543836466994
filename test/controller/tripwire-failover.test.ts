/** What a tripwire does for a singleton, and what it must not do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeclaredWorld } from './declared-world.ts';

const service = 'feed';
const port = 8080;

/** Two members that listen; the tripwire is held. */
async function heldWorld(spec: object = {}) {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  const [a, b] = ['a', 'b'].map((name) => world.hosts.listen({ ip: world.pod(name)?.ip ?? '', port }));
  world.setService(service);
  world.createSingleton(service, { tripwire: { port }, ...spec });
  world.addController('c1');
  await settled(world, 'a');
  await world.clock.advance(2_000);
  assert.ok(a !== undefined && b !== undefined);
  return { world, a, b };
}

function settled(world: DeclaredWorld, holder: string, withinMs = 10_000): Promise<void> {
  return world.clock.advanceUntil(
    () => world.actives().join() === holder && world.reached(service).join() === holder,
    withinMs,
    `traffic and label on ${holder}`,
  );
}

test('a process that ends moves the role within milliseconds, before the kubelet has said anything', async () => {
  const { world, a } = await heldWorld();
  a.kill();
  await world.clock.advanceUntil(() => world.reached(service).join() === 'b', 30, 'traffic on b');
  await world.clock.advance(1_000);
  assert.equal(world.singletonStatus(service)?.history[0]?.because.code, 'HolderRefused');
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '2');
  await world.end();
});

test('a server that closes idle connections and accepts again is not dead', async () => {
  const { world, a } = await heldWorld();
  for (let round = 0; round < 20; round++) {
    a.endAll('fin');
    await world.clock.advance(300);
  }
  assert.deepEqual(world.reached(service), ['a']);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '1');
  await world.end();
});

test('G3: silence promotes nobody: it is said in the status that the port does not answer', async () => {
  const { world, a } = await heldWorld();
  world.hosts.block({ ip: world.pod('a')?.ip ?? '' }, 'dropped');
  a.endAll('rst');
  await world.clock.advance(60_000);
  assert.deepEqual(world.reached(service), ['a']);
  const degraded = world.singletonStatus(service)?.conditions.find(({ type }) => type === 'Degraded');
  assert.equal(degraded?.status, 'True', degraded?.message);
  await world.end();
});

test('a port that nobody listens on is never taken for a death, and the status says it', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service);
  world.createSingleton(service, { tripwire: { port } });
  world.addController('c1');
  await settled(world, 'a');
  await world.clock.advance(30_000);
  assert.deepEqual(world.reached(service), ['a']);
  const degraded = world.singletonStatus(service)?.conditions.find(({ type }) => type === 'Degraded');
  assert.match(degraded?.message ?? '', /8080/);
  await world.end();
});

test('after a refusal moved the role, the next one counts only once the new holder has accepted', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b', 'c']) world.addPod(name);
  const a = world.hosts.listen({ ip: world.pod('a')?.ip ?? '', port });
  world.setService(service);
  world.createSingleton(service, { tripwire: { port } });
  world.addController('c1');
  await settled(world, 'a');
  await world.clock.advance(2_000);
  a.kill();
  await world.clock.advance(5_000);
  assert.deepEqual(world.reached(service), ['b'], 'b never listened, and keeps the role');
  await world.end();
});

test('Strict fences before it promotes: a refused port alone moves nothing', async () => {
  const { world, a } = await heldWorld({ safety: 'Strict' });
  a.kill();
  await world.clock.advance(500);
  assert.deepEqual(world.actives(), []);
  assert.notEqual(world.pod('a')?.deletion, undefined);
  assert.equal(world.slice(service)?.annotations['understudy.dev/holder'], 'a');
  await world.end();
});
