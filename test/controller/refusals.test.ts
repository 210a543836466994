/** What an API server or a webhook that refuses some of the writes costs, and what it must not cost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World } from './world.ts';
import type { Verdict } from './world-transport.ts';

const isPatchOf = (name: string) => (request: ApiRequest) =>
  request.method === 'PATCH' && request.path.endsWith(`/pods/${name}`);
const isPodDelete = ({ method, path }: ApiRequest) => method === 'DELETE' && path.includes('/pods/');

/** As a validating webhook refuses, with the code of its choice. */
function deny(matches: (request: ApiRequest) => boolean, code: number) {
  const status = { kind: 'Status', code, message: 'admission webhook "x" denied the request' };
  return (request: ApiRequest): Verdict | undefined =>
    matches(request) ? { status: code, body: JSON.stringify(status) } : undefined;
}

async function settled(world: World, ...names: readonly string[]) {
  for (const name of names) world.addPod(name);
  const controller = world.addController('c1');
  await world.settle();
  await world.clock.advance(1_000);
  controller.write.requests.length = 0;
  return controller;
}

describe('a standby label that is refused', () => {
  for (const code of [400, 422]) {
    test(`G2: with ${code} is no label that was taken: there are never two actives`, async () => {
      const world = new World();
      const { write } = await settled(world, 'a', 'b', 'c');
      // One delete by the critical-container rule: the next one is held back, and the label is taken instead.
      world.crash('a');
      await world.clock.advance(100);
      const isUnroute = (request: ApiRequest) =>
        isPatchOf('b')(request) && request.body?.includes('"standby"') === true;
      write.rules.push(deny(isUnroute, code));
      world.crash('b');
      await world.clock.advance(500);
      assert.deepEqual(world.actives(), ['b']);
      assert.deepEqual(world.violations, []);
      assert.ok(world.sentences(/b was not labelled standby/).length > 0);
    });
  }

  test('is asked for ever more slowly, and it is said', async () => {
    const world = new World();
    const { write } = await settled(world, 'a', 'b');
    write.rules.push(deny(isPatchOf('x'), 422));
    world.addPod('x', { role: undefined });
    await world.clock.advance(60_000);
    const { length } = write.requests.filter(isPatchOf('x'));
    assert.ok(length > 10 && length < 60, `${length} patches in 60 s`);
    assert.ok(world.sentences(/x was not labelled standby/).length > 0);
    await world.end();
  });

  test('G5: costs a failover nothing', async () => {
    const world = new World();
    const { write } = await settled(world, 'a', 'b');
    write.rules.push(deny(isPatchOf('x'), 403));
    world.addPod('x', { role: undefined });
    await world.clock.advance(20_000);
    world.forceDelete('a');
    await world.clock.advanceUntil(() => world.actives().includes('b'), 100, 'the standby is active');
    await world.end();
  });
});

describe('a fence that is refused', () => {
  for (const code of [400, 403]) {
    test(`G2, G5: with ${code} gives way to the label: the new holder is routed, and it is said`, async () => {
      const world = new World();
      const { write } = await settled(world, 'a', 'b');
      write.rules.push(deny(isPodDelete, code));
      world.setReady('a', false);
      await world.clock.advanceUntil(
        () => world.actives().includes('b') && world.isSettled(),
        1_000,
        'b is active',
      );
      assert.deepEqual(world.actives(), ['b']);
      assert.equal(world.pod('a')?.labels.role, 'standby');
      assert.ok(world.sentences(/a was not deleted.*denied/).length > 0);
      await world.clock.advance(30_000);
      const { length } = write.requests.filter(isPodDelete);
      assert.ok(length > 3 && length < 60, `${length} deletes in 30 s`);
      await world.end();
    });
  }
});

describe('a webhook that strips what was written down', () => {
  test('G7: is met ever more slowly: writes and datagrams stay few', async () => {
    const world = new World();
    world.store.subscribe(resourceTypes.pods, ({ type, object }) => {
      const { name, annotations } = object.metadata;
      if (type === 'DELETED' || annotations?.['understudy.dev/told'] === undefined) return;
      const body = { metadata: { annotations: { 'understudy.dev/told': null } } };
      queueMicrotask(() => world.store.patch(resourceTypes.pods, 'default', name, { type: 'merge', body }));
    });
    world.addPod('a');
    world.addPod('b');
    const { write } = world.addController('c1');
    await world.clock.advance(5_000);
    world.notices.length = 0;
    write.requests.length = 0;
    await world.clock.advance(60_000);
    const { length } = world.notices;
    assert.ok(length > 0 && length < 100, `${length} datagrams in 60 s`);
    assert.ok(write.requests.filter(isPatchOf('a')).length < 100);
    world.forceDelete('a');
    await world.clock.advanceUntil(() => world.actives().includes('b'), 100, 'the standby is active');
    assert.deepEqual(world.bugs, []);
  });
});
