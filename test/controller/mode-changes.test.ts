/** What holds while a Service changes its mode, again and again, at bad moments. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeEndpointSlice } from '../../src/kube/decode-endpoint-slice.ts';
import { decodeLease } from '../../src/kube/decode-lease.ts';
import type { JsonObject } from '../../src/sandbox/api/json.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { SeededRandom } from '../../src/time/simulated-clock.ts';
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

test('what Kubernetes makes of a selector that came and went while an answer was awaited is taken away too', async () => {
  const world = await worldOf();
  for (const { write } of world.controllers)
    write.rules.push(({ method, path }) =>
      method === 'PATCH' && path.includes('/pods/') ? { lateMs: 200 } : undefined,
    );
  world.addPod('c', { role: undefined });
  await world.clock.advance(50);
  world.setService(service, byRole);
  world.setKubernetesSlice(service, ['a']);
  world.setService(service);
  await world.clock.advanceUntil(() => world.slices(service) === 1, 2_000, 'our slice alone');
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '1');
  await world.end();
});

test('G1: a record that was to be made in the mode before is not made in this one, with an epoch that is over', async () => {
  const world = await worldOf({}, ['c1', 'c2']);
  watchEpochs(world);
  let asking: string | undefined;
  for (const { write, name } of world.controllers)
    write.rules.push(({ method, path }) => {
      const asks = method === 'GET' && path.includes('/endpointslices/') && asking === undefined;
      if (asks) asking = name;
      return asks ? { lateMs: 400 } : undefined;
    });
  world.setService(service, byRole);
  await world.clock.advanceUntil(() => asking !== undefined, 1_000, 'one asking for the other record');
  await world.clock.advance(200);
  world.setService(service);
  await world.clock.advance(180);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '3');
  for (const { name, kill } of world.controllers) if (name !== asking) kill();
  world.store.delete(resourceTypes.endpointslices, 'default', `understudy-${service}`);
  await world.clock.advance(10_000);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '14');
  await world.end();
});

test('a Service that comes back with another address family gets endpoints of it, and a higher epoch', async () => {
  const world = await worldOf();
  world.store.delete(resourceTypes.services, 'default', service);
  await world.clock.advance(1_000);
  const families = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] };
  world.setService(service, undefined, { clusterIP: 'None', ...families });
  await world.clock.advanceUntil(() => world.slice(service)?.addressType === 'IPv6', 3_000, 'an IPv6 slice');
  await world.clock.advance(1_000);
  assert.deepEqual(world.reached(service), ['a']);
  assert.equal(world.slices(service), 2);
  await world.end();
});

/** As the controllers of Kubernetes, a moment later; what a Service without a selector has is left behind. */
function keepSlices(world: DeclaredWorld): void {
  const follow = () => {
    const spec = world.store.get(resourceTypes.services, 'default', service)?.spec;
    if (typeof spec === 'object' && spec !== null && 'selector' in spec && spec.selector !== undefined)
      world.setKubernetesSlice(service, world.actives());
  };
  for (const type of [resourceTypes.pods, resourceTypes.services])
    world.store.subscribe(type, () => world.clock.schedule(5, follow));
}

/** Over both records: an epoch has one holder, and they grow in the order in which they are given out. */
function watchEpochs(world: DeclaredWorld): void {
  const holders = new Map<number, string>();
  const given = (epoch: number, holder: string | undefined) => {
    if (holder === undefined) return;
    const before = holders.get(epoch);
    if (before !== undefined && before !== holder)
      world.violations.push(`epoch ${epoch} went to ${before} and to ${holder}`);
    const highest = Math.max(0, ...holders.keys());
    if (before === undefined && epoch < highest)
      world.violations.push(`epoch ${epoch} of ${holder} was given out after ${highest}`);
    holders.set(epoch, holder);
  };
  const name = `understudy-${service}`;
  const holderUid = 'understudy.dev/holder-uid';
  world.store.subscribe(resourceTypes.leases, ({ type, object }) => {
    const lease = decodeLease(object);
    if (lease.name === name && type !== 'DELETED') given(lease.transitions, lease.annotations[holderUid]);
  });
  world.store.subscribe(resourceTypes.endpointslices, ({ type, object }) => {
    const slice = decodeEndpointSlice(object);
    if (slice.name === name && type !== 'DELETED')
      given(Number(slice.annotations['understudy.dev/record-epoch']), slice.annotations[holderUid]);
  });
}

/** What is done to a singleton, its Service and its pods. */
function strikesOn(world: DeclaredWorld, spec: object, random: SeededRandom): readonly (() => void)[] {
  let pods = 0;
  const addPod = () => world.addPod(`p${++pods}`);
  const isThere = () => world.singletonIsThere(service);
  const soon = (then: () => void) => world.clock.schedule(random.fraction() * 200, then);
  const patch = (body: JsonObject) => {
    if (isThere()) world.patchSingleton(service, body);
  };
  const drop = (type: ResourceType, name: string) => {
    if (world.store.get(type, 'default', name) !== undefined) world.store.delete(type, 'default', name);
  };
  const changeMode = [() => world.setService(service, byRole), () => world.setService(service)];
  return [
    ...changeMode,
    ...changeMode,
    () => drop(resourceTypes.services, service),
    () => drop(resourceTypes.endpointslices, `understudy-${service}`),
    () => {
      world.forceDelete(world.actives()[0] ?? '');
      addPod();
    },
    () => {
      world.crash(world.actives()[0] ?? '');
      addPod();
    },
    () => {
      patch({ metadata: { annotations: { 'understudy.dev/switchover': 'best' } } });
      addPod();
    },
    () => {
      if (isThere()) world.deleteSingleton(service);
      soon(() => {
        if (!isThere()) world.createSingleton(service, spec);
      });
    },
    () => world.controllers[random.fraction() < 0.5 ? 0 : 1]?.watch.dropStreams(),
    () => {
      patch({ spec: { paused: true } });
      soon(() => patch({ spec: { paused: false } }));
    },
  ];
}

/** One request in so many is answered late, not at all, or by a server that has a fault of its own. */
function disturb(world: DeclaredWorld, random: SeededRandom): void {
  const fault = JSON.stringify({ kind: 'Status', code: 500, reason: 'InternalError', message: 'a fault' });
  for (const { write } of world.controllers)
    write.rules.push(() => {
      const chance = random.fraction();
      if (chance < 0.08) return { lateMs: random.fraction() * 600 };
      if (chance < 0.12) return 'lose-answer';
      if (chance < 0.15) return 'lose-request';
      return chance < 0.18 ? { status: 500, body: fault } : undefined;
    });
}

async function play(seed: number, spec: object): Promise<void> {
  const random = new SeededRandom(seed);
  const world = await worldOf(spec, ['c1', 'c2'], seed);
  if (random.fraction() < 0.5) world.notifyOutcome = { kind: 'acknowledged' };
  watchEpochs(world);
  keepSlices(world);
  disturb(world, random);
  const one = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.fraction() * list.length)];
  const strikes = strikesOn(world, spec, random);
  for (let count = 0; count < 12; count++) {
    await world.clock.advance(random.fraction() * (one([10, 60, 400]) ?? 0));
    one(strikes)?.();
  }
  await world.clock.advance(random.fraction() * 100);
  one(world.controllers)?.kill();
  for (const { write } of world.controllers) write.rules.length = 0;
  await world.clock.advance(1_000);
  world.addPod('last');
  world.setService(service, one([byRole, undefined]));
  await world.clock.advance(30_000);
  assertQuiet(world);
  // While the mode changes, what Kubernetes has left behind leads to the old holder until it is taken away.
  const violations = world.violations.filter((sentence) => !/reaches several/.test(sentence));
  world.violations.splice(0, Infinity, ...violations);
  await world.end();
}

/** One active, reached by one source, and the status says so. */
function assertQuiet(world: DeclaredWorld): void {
  const [active, ...more] = world.actives();
  assert.ok(active !== undefined && more.length === 0, `one active: ${world.actives().join()}`);
  assert.deepEqual(world.reached(service), [active]);
  assert.equal(world.slices(service), 1, 'one source');
  assert.equal(world.singletonStatus(service)?.active?.pod, active);
}

const notifying = {
  onDemote: 'Notify',
  stepDownMs: 300,
  notify: { udp: { port: 10_001, format: 'json' } },
};

for (const [how, spec] of [
  ['Restart', {}],
  ['Notify', notifying],
] as const) {
  test(`G1, G5, G6: modes, pods, Singletons and controllers come and go, answers are lost: one active in the end (${how})`, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      try {
        await play(seed, spec);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}
