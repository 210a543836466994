/** What holds while a Service changes its mode, again and again, at bad moments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeclaredWorld } from './declared-world.ts';

const service = 'feed';
const byRole = { app: 'hapod', role: 'active' };

async function worldOf(spec: object = {}, controllers = ['c1'], seed = 1): Promise<DeclaredWorld> {
  const world = new DeclaredWorld({ seed });
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service);
  world.createSingleton(service, spec);
  for (const name of controllers) world.addController(name);
  await world.clock.advanceUntil(() => world.reached(service).join() === 'a', 10_000, 'traffic on a');
  await world.clock.advance(2_000);
  return world;
}

test('G3: under Strict a change of the mode makes no proof of what is none', async () => {
  const world = await worldOf({ safety: 'Strict' });
  world.forceDelete('a');
  await world.clock.advance(1_000);
  assert.deepEqual(world.actives(), []);
  world.setService(service, byRole);
  await world.clock.advance(1_000);
  world.setService(service);
  await world.clock.advance(3_000);
  assert.deepEqual(world.actives(), []);
  assert.deepEqual(world.reached(service), []);
  await world.end();
});

test('a change of the mode keeps the holder, although its label was never written', async () => {
  const world = await worldOf();
  for (const { write } of world.controllers)
    write.rules.push(({ method, path }) =>
      method === 'PATCH' && path.includes('/pods/') ? 'lose-request' : undefined,
    );
  world.setReady('a', false);
  await world.clock.advanceUntil(() => world.reached(service).join() === 'b', 1_000, 'traffic on b');
  world.controllers[0]?.kill();
  world.setReady('a', true);
  world.setService(service, byRole);
  world.addController('c2');
  await world.clock.advanceUntil(() => world.actives().join() === 'b', 20_000, 'b active by its label');
  await world.end();
});
