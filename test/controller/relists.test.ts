/** Watches that seem well and tell less than there is, and records that tell more. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../../src/controller/limits.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World } from './world.ts';

describe('a watch of the pods that stalls alone', () => {
  test('is opened anew once it has missed its bookmarks', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    const { watch, controller } = world.addController('c1');
    await world.settle();
    watch.stallStreams((path) => path.includes('/pods'));
    world.forceDelete('a');
    const withinMs = limits.watchSilenceMs + 2_000;
    await world.clock.advanceUntil(() => world.actives().join() === 'b', withinMs, 'the other one active');
    assert.equal(controller.state().sight.kind, 'clear');
    assert.equal(world.sentences(/^watch of pods is opened anew/).length, 1);
    await world.end();
  });

  test('is left alone where nothing but bookmarks comes, or where it was broken for longer', async () => {
    const world = new World();
    world.addPod('a');
    world.addController('c1');
    await world.settle();
    await world.clock.advance(10 * limits.watchSilenceMs);
    world.faults.stopApi(2 * limits.watchSilenceMs);
    await world.clock.advance(3 * limits.watchSilenceMs);
    assert.deepEqual(world.sentences(/opened anew/), []);
    await world.end();
  });
});

describe('a record that rests on newer pods than were seen', () => {
  function plantRecord(world: World, podsVersion: string) {
    world.store.create(resourceTypes.leases, {
      metadata: {
        name: 'understudy-hapod',
        namespace: 'default',
        labels: { 'understudy.dev/lease': 'record', 'understudy.dev/singleton': 'hapod' },
        annotations: {
          'understudy.dev/holder-uid': 'old',
          'understudy.dev/holder-incarnation': 'old/x',
          'understudy.dev/pods-version': podsVersion,
        },
      },
      spec: { holderIdentity: 'old', leaseTransitions: 4 },
    });
  }

  test('G5: is not believed once a complete list shows that there are none, and that is said', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    plantRecord(world, '987654321');
    const { controller } = world.addController('c1');
    await world.settle(5 * limits.stalePodsMs);
    assert.equal(world.record()?.transitions, 5);
    assert.deepEqual(controller.unready(), []);
    assert.equal(world.sentences(/pods version 987654321 is not believed/).length, 1);
    await world.end();
  });
});
