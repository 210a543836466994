/** What can go wrong between a controller and the API, and what comes of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ApiRequest } from '../../src/kube/transport.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World } from './world.ts';

const isRecordWrite = ({ method, path }: ApiRequest) =>
  (method === 'POST' && path.endsWith('/leases')) ||
  (method === 'PATCH' && path.includes('/leases/understudy-hapod'));
const isRecordCreate = ({ method, path, body }: ApiRequest) =>
  method === 'POST' && path.endsWith('/leases') && body?.includes('"understudy-hapod"') === true;
const isPodPatch = ({ method, path }: ApiRequest) => method === 'PATCH' && path.includes('/pods/');

/** A rule that has an opinion once. */
function once<T>(matches: (request: ApiRequest) => boolean, opinion: T) {
  let used = false;
  return (request: ApiRequest) => {
    if (used || !matches(request)) return undefined;
    used = true;
    return opinion;
  };
}

async function settledPair(world: World) {
  world.addPod('a');
  world.addPod('b');
  const controller = world.addController('c1');
  await world.settle();
  controller.write.requests.length = 0;
  return controller;
}

describe('a write whose answer is lost', () => {
  test('is asked for, and a record that was written is carried on with', async () => {
    const world = new World();
    const { write } = await settledPair(world);
    write.rules.push(once(isRecordWrite, 'lose-answer' as const));
    world.forceDelete('a');
    await world.settle(1_500);
    assert.equal(world.record()?.transitions, 2);
    assert.ok(
      write.requests.some(({ method, path }) => method === 'GET' && path.endsWith('/understudy-hapod')),
    );
    await world.end();
  });

  test('is made again where it never arrived', async () => {
    const world = new World();
    const { write } = await settledPair(world);
    write.rules.push(once(isRecordWrite, 'lose-request' as const));
    world.forceDelete('a');
    await world.settle(2_000);
    assert.equal(world.record()?.transitions, 2);
    await world.end();
  });
});

describe('a compare-and-swap that is lost', () => {
  test('ends the pass: whoever lost it labels and tells nobody', async () => {
    const world = new World();
    world.addPod('a');
    world.addPod('b');
    const { write } = world.addController('c1');
    // Somebody else makes the record, for the other member, while ours is on its way.
    write.rules.push((request) => {
      if (isRecordCreate(request) && world.record() === undefined) makeRecord(world, 'b', 5);
      return undefined;
    });
    await world.settle();
    assert.equal(world.record()?.transitions, 5);
    assert.deepEqual(world.actives(), ['b']);
    assert.ok(
      !write.requests.some(
        (request) =>
          isPodPatch(request) && request.body?.includes('"role":"active"') && request.path.endsWith('/a'),
      ),
    );
    assert.ok(world.notices.every(({ ip }) => ip === world.pod('b')?.ip));
    await world.end();
  });
});

function makeRecord(world: World, name: string, epoch: number): void {
  const uid = world.pod(name)?.uid;
  const id = world.pod(name)?.containers[0]?.containerId?.replace('containerd://', '').slice(0, 12);
  world.store.create(resourceTypes.leases, {
    metadata: {
      name: 'understudy-hapod',
      namespace: 'default',
      labels: { 'understudy.dev/lease': 'record', 'understudy.dev/singleton': 'hapod' },
      annotations: {
        'understudy.dev/holder-uid': uid,
        'understudy.dev/holder-incarnation': `${uid}/main=${id}`,
      },
    },
    spec: { holderIdentity: name, leaseTransitions: epoch },
  });
}

describe('a label patch on a pod that has changed', () => {
  test('is made again on the newer version, within milliseconds', async () => {
    const world = new World();
    const { write } = await settledPair(world);
    let changed = false;
    write.rules.push((request) => {
      if (!changed && isPodPatch(request) && request.path.endsWith('/b')) {
        changed = true;
        const body = { metadata: { annotations: { touched: 'yes' } } };
        world.store.patch(resourceTypes.pods, 'default', 'b', { type: 'merge', body });
      }
      return undefined;
    });
    world.forceDelete('a');
    await world.clock.advanceUntil(() => world.actives().includes('b'), 60, 'the standby is active');
    await world.settle();
    assert.equal(world.record()?.transitions, 2);
    await world.end();
  });
});

describe('an API that is gone for 30 s in the middle of a failover', () => {
  for (const delayMs of [0, 2, 4, 6, 9, 12]) {
    test(`no crash, no second active, done within 1 s of its return (gone ${delayMs} ms after the event)`, async () => {
      const world = new World({ seed: 10 + delayMs });
      await settledPair(world);
      world.forceDelete('a');
      await world.clock.advance(delayMs);
      world.faults.stopApi(30_000);
      await world.clock.advance(30_000);
      await world.settle(1_000);
      assert.equal(world.record()?.transitions, 2);
      await world.end();
    });
  }

  test('a whole API outage while nothing happens changes nothing', async () => {
    const world = new World();
    await settledPair(world);
    world.faults.stopApi(30_000);
    await world.clock.advance(32_000);
    assert.equal(world.record()?.transitions, 1);
    assert.deepEqual(world.actives(), ['a']);
    await world.end();
  });
});

describe('a watch that brings nothing', () => {
  test('G3: makes its controller blind: it does not decide, and says so; opened anew, it does', async () => {
    const world = new World();
    const { watch, controller } = await settledPair(world);
    watch.stalled = true;
    await world.clock.advance(3_000);
    assert.equal(controller.state().sight.kind, 'blind');
    assert.match(controller.unready().join(), /heartbeat/);
    world.forceDelete('a');
    await world.clock.advance(5_000);
    assert.deepEqual(world.actives(), []);
    assert.equal(world.sentences(/^blind/).length, 1);
    watch.stalled = false;
    await world.settle(12_000);
    assert.deepEqual(world.actives(), ['b']);
    await world.end();
  });

  test('G3: absence is no evidence: pods that a stalled watch does not mention are not gone', async () => {
    const world = new World();
    const { watch } = await settledPair(world);
    watch.dropStreams();
    await world.clock.advance(10_000);
    assert.equal(world.record()?.transitions, 1);
    await world.end();
  });
});

describe('permissions that are missing', () => {
  const forbid =
    (verb: string, resource: string) =>
    ({ path, method, body }: ApiRequest) => {
      if (path.includes('selfsubjectaccessreviews')) {
        const { resourceAttributes: asked } = JSON.parse(body ?? '{}').spec;
        const allowed = !(asked.verb === verb && asked.resource === resource);
        return { status: 201, body: JSON.stringify({ status: { allowed } }) };
      }
      const isRefused = verb === 'patch' && method === 'PATCH' && path.includes(`/${resource}/`);
      const isDelete = verb === 'delete' && method === 'DELETE' && path.includes(`/${resource}/`);
      if (!isRefused && !isDelete) return undefined;
      const status = {
        kind: 'Status',
        status: 'Failure',
        reason: 'Forbidden',
        code: 403,
        message: `cannot ${verb} ${resource}`,
      };
      return { status: 403, body: JSON.stringify(status) };
    };

  test('what deciding needs: it says which one, once, does not act, and is not ready', async () => {
    const world = new World();
    world.addPod('a');
    const { write, controller } = world.addController('c1');
    write.rules.push(forbid('patch', 'pods'));
    await world.clock.advance(100_000);
    assert.deepEqual(world.actives(), []);
    assert.equal(world.record(), undefined);
    assert.equal(world.sentences(/permission missing: patch pods \(all namespaces\)/).length, 1);
    assert.match(controller.unready().join(), /patch pods/);
    await world.end();
  });

  test("the ancestor's own role: it says everything that is missing, does not act, and keeps running", async () => {
    const ancestorsVerbs = ['list', 'watch', 'create', 'get', 'update', 'delete'];
    const world = new World();
    world.addPod('a');
    const { write, controller } = world.addController('c1');
    write.rules.push(({ path, body }) => {
      if (!path.includes('selfsubjectaccessreviews')) return undefined;
      const { verb, resource } = JSON.parse(body ?? '{}').spec.resourceAttributes;
      const allowed = resource === 'pods' && ancestorsVerbs.includes(verb);
      return { status: 201, body: JSON.stringify({ status: { allowed } }) };
    });
    await world.clock.advance(100_000);
    assert.deepEqual([world.actives(), world.record()], [[], undefined]);
    const missing = world.sentences(/^permission missing: /).join();
    for (const what of ['patch pods', 'create leases', 'watch leases', 'watch nodes', 'create events'])
      assert.ok(missing.includes(what), `${what} in ${missing}`);
    assert.notDeepEqual(controller.unready(), []);
    write.rules.length = 0;
    await world.settle(40_000);
    await world.end();
  });

  test('granted later, it is noticed and acted on', async () => {
    const world = new World();
    world.addPod('a');
    const { write } = world.addController('c1');
    write.rules.push(forbid('patch', 'pods'));
    await world.clock.advance(5_000);
    write.rules.length = 0;
    await world.settle(40_000);
    assert.equal(world.sentences(/permission granted: patch pods/).length, 1);
    await world.end();
  });

  test('what deciding does not need: it is said, and everything else goes on', async () => {
    const world = new World();
    world.addPod('a');
    const { write, controller } = world.addController('c1');
    write.rules.push(forbid('watch', 'nodes'));
    await world.settle();
    await world.clock.advance(1_000);
    assert.equal(world.sentences(/permission missing: watch nodes \(cluster\)/).length, 1);
    assert.deepEqual(controller.unready(), []);
    await world.end();
  });
});

describe('a server that fails', () => {
  test('writes that fail with 500 are decided again until they succeed', async () => {
    const world = new World();
    await settledPair(world);
    world.faults.failWrites(500, { count: 6 });
    world.forceDelete('a');
    await world.settle(4_000);
    await world.end();
  });

  test('writes that time out although they were carried out do not make a second epoch', async () => {
    const world = new World();
    await settledPair(world);
    world.faults.failWrites('timeout', { count: 3 });
    world.forceDelete('a');
    await world.settle(6_000);
    assert.equal(world.record()?.transitions, 2);
    await world.end();
  });
});
