/** Records that are not as we write them: somebody took their labels, or was there first. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World } from './world.ts';

const isOfRecord = ({ path, body }: ApiRequest) =>
  path.endsWith('/leases/understudy-hapod') || body?.includes('"name":"understudy-hapod"') === true;

function unlabel(world: World, label: string): void {
  const body = { metadata: { labels: { [label]: null } } };
  world.store.patch(resourceTypes.leases, 'default', 'understudy-hapod', { type: 'merge', body });
}

describe('a record whose labels somebody took', () => {
  for (const label of ['understudy.dev/lease', 'understudy.dev/singleton']) {
    test(`G5: (${label}) is known by its name; the next failover puts them back`, async () => {
      const world = new World();
      world.addPod('a');
      world.addPod('b');
      const { write } = world.addController('c1');
      await world.settle();
      unlabel(world, label);
      await world.clock.advance(500);
      write.requests.length = 0;
      world.forceDelete('a');
      await world.settle(500);
      assert.deepEqual(world.actives(), ['b']);
      assert.ok(write.requests.filter(isOfRecord).length < 5);
      assert.equal(world.record()?.labels['understudy.dev/lease'], 'record');
      assert.equal(world.record()?.labels['understudy.dev/singleton'], 'hapod');
      await world.end();
    });
  }

  test('is still known by it after the watch has listed anew, and that is said once', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    const { watch } = world.addController('c1');
    await world.settle();
    unlabel(world, 'understudy.dev/lease');
    for (let list = 0; list < 5; list++) {
      await world.clock.advance(1_000);
      watch.dropStreams();
    }
    await world.clock.advance(1_000);
    world.forceDelete('a');
    await world.settle(500);
    assert.equal(world.record()?.transitions, 2);
    assert.equal(world.sentences(/known by its name alone/).length, 1);
    await world.end();
  });
});

describe('the highest epoch that an annotation may say, planted by hand', () => {
  test('G1, G7: leaves room in the record: failovers go on, one write each, and epochs only grow', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    const { write } = world.addController('c1');
    await world.settle();
    write.requests.length = 0;
    const body = { metadata: { annotations: { 'understudy.dev/epoch': '2000000000' } } };
    world.store.patch(resourceTypes.pods, 'default', 'b', { type: 'merge', body });
    await world.clock.advance(5_000);
    assert.equal(world.record()?.transitions, 2_000_000_001);
    world.forceDelete('a');
    await world.settle(500);
    assert.equal(world.record()?.transitions, 2_000_000_002);
    assert.equal(write.requests.filter(isOfRecord).length, 2);
    await world.end();
  });
});

describe('an epoch too high to be believed, planted on a standby', () => {
  test('G5, G7: neither raises the record nor keeps that pod from the role', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    world.addController('c1');
    await world.settle();
    const body = { metadata: { annotations: { 'understudy.dev/epoch': '2147483000' } } };
    world.store.patch(resourceTypes.pods, 'default', 'b', { type: 'merge', body });
    await world.clock.advance(1_000);
    assert.equal(world.record()?.transitions, 1);
    world.forceDelete('a');
    await world.settle(500);
    assert.deepEqual([world.record()?.transitions, world.actives()], [2, ['b']]);
    await world.end();
  });
});

describe('a Lease of the record’s name that somebody else made', () => {
  const foreign = {
    metadata: { name: 'understudy-hapod', namespace: 'default' },
    spec: { holderIdentity: 'x' },
  };

  test('G5: is taken over, whatever it says', async () => {
    const world = new World();
    world.store.create(resourceTypes.leases, foreign);
    world.addPod('a');
    world.addController('c1');
    await world.settle(1_000);
    assert.equal(world.record()?.labels['understudy.dev/singleton'], 'hapod');
    await world.end();
  });

  test('G7: and that cannot be read either is asked for at a pace that costs nothing', async () => {
    const world = new World();
    world.addPod('a');
    const { write } = world.addController('c1');
    write.rules.push((request) => {
      if (!isOfRecord(request)) return undefined;
      return request.method === 'GET' ? { status: 200, body: '{}' } : { status: 500, body: '{}' };
    });
    await world.clock.advance(1_000);
    write.requests.length = 0;
    await world.clock.advance(10_000);
    const { length } = write.requests.filter(isOfRecord);
    assert.ok(length > 10 && length < 50, `${length} requests in 10 s`);
    assert.deepEqual(world.actives(), []);
  });
});
