/** Answers that come late: the record has moved on meanwhile, and what was decided before may be wrong by now. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { World } from './world.ts';

const isRecordPatch = ({ method, path }: ApiRequest) =>
  method === 'PATCH' && path.endsWith('/leases/understudy-hapod');

/** Two controllers; the answer to the active one's next write of the record comes `lateMs` late. */
async function lateRecord(world: World, names: readonly string[], before: () => Promise<void>) {
  for (const name of names) world.addPod(name);
  const controllers = [world.addController('c1'), world.addController('c2')];
  await world.settle();
  await world.clock.advance(3_000);
  await before();
  const active = controllers.find(({ controller }) => controller.state().role === 'active');
  let used = false;
  active?.write.rules.push((request) => {
    if (used || !isRecordPatch(request)) return undefined;
    used = true;
    return { lateMs: 300 };
  });
  world.notices.length = 0;
}

describe('an answer to the compare-and-swap that comes after the record has moved on', () => {
  test('G4: has nobody told who was superseded', async () => {
    const world = new World();
    await lateRecord(world, ['a', 'b', 'c'], async () => undefined);
    const ipOfB = world.pod('b')?.ip;
    world.forceDelete('a');
    await world.clock.advanceUntil(() => world.record()?.holder === 'b', 100, 'the record names b');
    await world.clock.advance(10);
    world.setReady('b', false);
    await world.clock.advanceUntil(() => world.isSettled(), 200, 'the backup has moved the role to c');
    assert.equal(world.record()?.holder, 'c');
    const told = world.notices.length;
    await world.clock.advance(1_000);
    assert.ok(world.notices.slice(told).every(({ ip }) => ip !== ipOfB));
    await world.end();
  });

  test('G2: labels nobody who was superseded', async () => {
    const world = new World();
    // One delete by the critical-container rule: c, who is superseded, is not deleted at once.
    await lateRecord(world, ['a', 'b', 'c', 'd'], async () => {
      world.crash('a');
      await world.clock.advance(100);
    });
    world.forceDelete('b');
    await world.clock.advanceUntil(() => world.record()?.holder === 'c', 100, 'the record names c');
    await world.clock.advance(10);
    world.crash('c');
    await world.clock.advance(1_000);
    assert.deepEqual(world.actives(), ['d']);
    await world.end();
  });
});
