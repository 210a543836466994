/** Pods that misbehave: malformed, flapping, crashing for ever. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World } from './world.ts';

describe('malformed pods', () => {
  test('G7: without address, with role=banana, without role, not yet started: judged and said, never thrown', async () => {
    const world = new World();
    world.addPod('banana', { role: 'banana' });
    world.addPod('no-role', { role: undefined });
    world.store.create(resourceTypes.pods, {
      metadata: { name: 'no-status', labels: { app: 'hapod' } },
      spec: { containers: [{ name: 'main', image: 'x' }] },
    });
    world.addController('c1');
    await world.settle();
    assert.deepEqual(world.actives(), ['no-role']);
    assert.equal(world.pod('banana')?.labels.role, 'banana');
    assert.equal(world.sentences(/banana: its label role is "banana"/).length, 1);
    await world.end();
  });
});

describe('a pod that existed before', () => {
  test('with role=active keeps the role when there is no record', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b', { role: 'active' });
    world.addController('c1');
    await world.settle();
    assert.deepEqual(world.actives(), ['b']);
    await world.end();
  });
});

describe('namespaces', () => {
  test('each has its own singleton, and one controller keeps them all', async () => {
    const world = new World();
    for (const name of ['red', 'blue']) {
      world.store.create(resourceTypes.namespaces, { metadata: { name } });
      world.addPod('a', { namespace: name });
      world.addPod('b', { namespace: name });
    }
    world.addController('c1');
    await world.settle(5_000, 'red');
    await world.settle(5_000, 'blue');
    world.forceDelete(world.actives('red')[0] ?? '', 'red');
    await world.settle(1_000, 'red');
    assert.equal(world.record('red')?.transitions, 2);
    assert.equal(world.record('blue')?.transitions, 1);
    await world.end();
  });

  test('those that are not listed are left alone', async () => {
    const world = new World({ namespaces: ['red'] });
    world.addPod('a', { namespace: 'red' });
    world.addPod('a');
    world.addController('c1');
    await world.settle(5_000, 'red');
    assert.deepEqual(world.actives(), []);
    await world.end();
  });
});

describe('a singleton that flaps', () => {
  test('G7: ten times a second: the others fail over as fast as ever, and its log is bounded', async () => {
    const world = new World();
    for (const name of ['noisy', 'calm']) {
      world.store.create(resourceTypes.namespaces, { metadata: { name } });
      world.addPod('a', { namespace: name });
      world.addPod('b', { namespace: name });
    }
    world.addController('c1');
    await world.settle(5_000, 'noisy');
    await world.settle(5_000, 'calm');
    for (let round = 0; round < 300; round++) {
      const [victim] = world.actives('noisy');
      if (victim !== undefined) world.forceDelete(victim, 'noisy');
      for (let left = world.pods('hapod', 'noisy').length; left < 2; left++) {
        world.addPod(`n${round}-${left}`, { namespace: 'noisy' });
      }
      await world.clock.advance(100);
    }
    const [active = ''] = world.actives('calm');
    world.forceDelete(active, 'calm');
    await world.clock.advanceUntil(
      () => world.actives('calm').length === 1,
      60,
      'the calm one has failed over',
    );
    await world.settle(5_000, 'noisy');
    const lines = world.log.filter(({ fields }) => fields.singleton === 'noisy/hapod').length;
    assert.ok(lines <= 120, `${lines} lines in 30 s`);
    await world.end();
  });
});

describe('a critical container that crashes for ever', () => {
  test('G8: its pods are deleted ever more slowly, and then no more', async () => {
    const world = new World();
    const deletes: number[] = [];
    world.store.subscribe(resourceTypes.pods, ({ type }) => {
      if (type === 'DELETED') deletes.push(world.clock.now());
    });
    let serial = 0;
    world.addPod(`p${serial++}`);
    world.addPod(`p${serial++}`);
    world.addController('c1');
    await world.settle();
    for (let second = 0; second < 1_200; second++) {
      for (const { name } of world.pods()) world.crash(name);
      while (world.pods().length < 2) world.addPod(`p${serial++}`);
      await world.clock.advance(1_000);
    }
    assert.ok(deletes.length >= 5, `${deletes.length} deletes`);
    assert.ok(deletes.length <= 14, `${deletes.length} deletes in 20 minutes`);
    const last = deletes.at(-1) ?? 0;
    assert.ok(world.clock.now() - last > 300_000, 'longer than the longest delay, there was no more');
    await world.end();
  });
});

describe('an application that is not there yet', () => {
  test('G4: is told again until it can be, and once it is told the record of it stands on the pod', async () => {
    const world = new World();
    world.notifyOutcome = { kind: 'refused' };
    world.addPod('a');
    world.addController('c1');
    await world.clock.advance(10_000);
    assert.deepEqual(world.actives(), ['a']);
    assert.equal(world.isSettled(), false);
    assert.ok(
      world.notices.length >= 5 && world.notices.length <= 20,
      `${world.notices.length} notices in 10 s`,
    );
    world.notifyOutcome = { kind: 'sent' };
    await world.settle(3_000);
    await world.end();
  });

  test('G4: has restarted by then, and is told at once: the new life does not wait for the back-off of the old one', async () => {
    const world = new World();
    world.notifyOutcome = { kind: 'refused' };
    world.addPod('a', { critical: false });
    world.addController('c1');
    await world.clock.advance(10_000);
    const { length } = world.notices;
    await world.clock.advanceUntil(() => world.notices.length > length, 3_000, 'it is told again');
    await world.clock.advance(100);
    world.notifyOutcome = { kind: 'sent' };
    world.crash('a');
    await world.settle(200);
    await world.end();
  });
});
