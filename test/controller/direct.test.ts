/** What Direct mode promises: one write moves role, epoch and traffic, and nothing else leads anywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { DeclaredWorld } from './declared-world.ts';

const service = 'feed';

/** Two members, a Service without a selector, a Singleton, one controller; settled. */
async function directWorld(): Promise<DeclaredWorld> {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service);
  world.createSingleton(service);
  world.addController('c1');
  await settled(world, 'a');
  return world;
}

/** The same, with a Service that selects by the role label. */
async function labelsWorld(controllers: readonly string[] = ['c1']): Promise<DeclaredWorld> {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service, { app: 'hapod', role: 'active' });
  world.createSingleton(service);
  for (const name of controllers) world.addController(name);
  await world.clock.advanceUntil(() => world.actives().join() === 'a', 10_000, 'a active by its label');
  return world;
}

function settled(world: DeclaredWorld, holder: string, withinMs = 10_000): Promise<void> {
  return world.clock.advanceUntil(
    () => world.actives().join() === holder && world.reached(service).join() === holder,
    withinMs,
    `traffic and label on ${holder}`,
  );
}

function slicePatches(world: DeclaredWorld): readonly string[] {
  const requests = world.controllers.flatMap(({ write }) => write.requests);
  return requests
    .filter(({ method, path }) => method === 'PATCH' && path.includes('/endpointslices/'))
    .map(({ body }) => body ?? '');
}

test('a Service without a selector gets a slice of ours, which names the holder and its epoch', async () => {
  const world = await directWorld();
  const slice = world.slice(service);
  assert.equal(slice?.annotations['understudy.dev/holder'], 'a');
  assert.equal(slice?.annotations['understudy.dev/record-epoch'], '1');
  assert.equal(slice?.labels['endpointslice.kubernetes.io/managed-by'], 'understudy.dev');
  assert.deepEqual(
    slice?.endpoints.map(({ targetName, ready, serving }) => [targetName, ready, serving]),
    [
      ['a', true, true],
      ['b', false, false],
    ],
  );
  assert.deepEqual(slice?.ports, [{ name: 'main', protocol: 'TCP', port: 8080, appProtocol: undefined }]);
  assert.equal(world.record(), undefined);
  await world.end();
});

test('G2: one patch of the slice moves role, epoch and traffic, and nothing is written to it before or after', async () => {
  const world = await directWorld();
  await world.clock.advance(5_000);
  const before = slicePatches(world).length;
  world.forceDelete('a');
  await world.clock.advanceUntil(() => world.reached(service).join() === 'b', 100, 'traffic on b');
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '2');
  await world.clock.advance(10_000);
  assert.equal(slicePatches(world).length, before + 1);
  assert.deepEqual(world.actives(), ['b']);
  await world.end();
});

test('where nodes have Cilium, whose agent may have missed that, the slice is written once more some seconds after a move', async () => {
  const world = new DeclaredWorld();
  world.addNode('node1', { hasCilium: true });
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service);
  world.createSingleton(service);
  for (const name of ['c1', 'c2']) world.addController(name);
  await settled(world, 'a');
  await world.clock.advance(10_000);
  const before = slicePatches(world).length;
  world.forceDelete('a');
  await settled(world, 'b');
  const { endpoints } = world.slice(service) ?? {};
  await world.clock.advance(4_000);
  assert.equal(slicePatches(world).length, before + 1);
  await world.clock.advance(2_000);
  assert.equal(slicePatches(world).length, before + 2);
  assert.equal(world.slice(service)?.annotations['understudy.dev/touched'], '2');
  assert.deepEqual(world.slice(service)?.endpoints, endpoints);
  await world.clock.advance(60_000);
  assert.equal(slicePatches(world).length, before + 2);
  await world.end();
});

test('a critical container that ends moves traffic by the same one patch, and its pod is deleted', async () => {
  const world = await directWorld();
  world.crash('a');
  await settled(world, 'b', 200);
  await world.clock.advance(1_000);
  assert.equal(world.pod('a'), undefined);
  assert.equal(slicePatches(world).length, 1);
  await world.end();
});

test('a new standby changes nothing of the slice, and can take over all the same', async () => {
  const world = await directWorld();
  world.forceDelete('b');
  world.addPod('c');
  await world.clock.advance(5_000);
  assert.equal(slicePatches(world).length, 0);
  world.forceDelete('a');
  await settled(world, 'c', 200);
  await world.end();
});

test('a holder that dies with no standby stays in the slice, not ready; the first fit member takes over', async () => {
  const world = await directWorld();
  world.forceDelete('b');
  await world.clock.advance(1_000);
  world.forceDelete('a');
  await world.clock.advanceUntil(() => world.reached(service).length === 0, 200, 'traffic to nobody');
  assert.ok((world.slice(service)?.endpoints.length ?? 0) > 0);
  world.addPod('c');
  await settled(world, 'c', 200);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '2');
  await world.end();
});

test('a slice that somebody edits is put right, and it is said', async () => {
  const world = await directWorld();
  const body = { endpoints: [{ addresses: ['10.0.0.99'], conditions: { ready: true } }] };
  world.store.patch(resourceTypes.endpointslices, 'default', `understudy-${service}`, {
    type: 'merge',
    body,
  });
  await settled(world, 'a', 200);
  await world.clock.advance(100);
  assert.equal(world.sentences(/a can serve again: its endpoint is ready/).length, 1);

  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '1');
  await world.end();
});

for (const label of [
  'kubernetes.io/service-name',
  'endpointslice.kubernetes.io/managed-by',
  'understudy.dev/singleton',
]) {
  test(`a slice that somebody takes the label ${label} from gets it back, and leads to the holder`, async () => {
    const world = await directWorld();
    const before = world.slice(service)?.labels;
    const patch = { type: 'merge' as const, body: { metadata: { labels: { [label]: null } } } };
    world.store.patch(resourceTypes.endpointslices, 'default', `understudy-${service}`, patch);
    await world.clock.advance(1_000);
    assert.deepEqual(world.slice(service)?.labels, before);
    assert.deepEqual(world.reached(service), ['a']);
    world.forceDelete('a');
    await settled(world, 'b', 200);
    await world.end();
  });
}

test('G1: the epoch survives a deleted slice, Service and Singleton, and those that may have been lost with it are passed over', async () => {
  const world = await directWorld();
  world.store.delete(resourceTypes.endpointslices, 'default', `understudy-${service}`);
  await settled(world, 'a', 1_000);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '12');
  world.deleteSingleton(service);
  world.store.delete(resourceTypes.endpointslices, 'default', `understudy-${service}`);
  world.store.delete(resourceTypes.services, 'default', service);
  await world.clock.advance(1_000);
  world.setService(service);
  world.createSingleton(service);
  await settled(world, 'a', 2_000);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '23');
  await world.end();
});

test('minEpoch is the least epoch of the next holder: the way back after a restore that lost them all', async () => {
  const world = await directWorld();
  world.patchSingleton(service, { spec: { minEpoch: 500 } });
  await world.clock.advanceUntil(
    () => world.slice(service)?.annotations['understudy.dev/record-epoch'] === '500',
    1_000,
    'epoch 500',
  );
  assert.deepEqual(world.reached(service), ['a']);
  await world.end();
});

test('G6: while its controller is gone traffic goes on, and another controller takes over from the slice', async () => {
  const world = await directWorld();
  world.controllers[0]?.kill();
  await world.clock.advance(10_000);
  assert.deepEqual(world.reached(service), ['a']);
  world.addController('c2');
  await world.clock.advance(7_000);
  world.forceDelete('a');
  await settled(world, 'b', 1_000);
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '2');
  await world.end();
});

test('a Service that loses its selector: the record moves to a slice, and what Kubernetes left behind goes', async () => {
  const world = await labelsWorld();
  assert.equal(world.slice(service), undefined);
  await world.clock.advance(5_000);
  world.setKubernetesSlice(service, ['a']);
  world.setService(service);
  await world.clock.advanceUntil(
    () => world.store.get(resourceTypes.endpointslices, 'default', `${service}-k8s`) === undefined,
    5_000,
    'the slice that was left behind gone',
  );
  assert.equal(world.slice(service)?.annotations['understudy.dev/holder'], 'a');
  assert.equal(world.slice(service)?.annotations['understudy.dev/record-epoch'], '2');
  assert.deepEqual(world.reached(service), ['a']);
  world.forceDelete('a');
  await settled(world, 'b', 200);
  await world.end();
});

test('G2: a Service that loses its selector a moment after a move is led by us once what was left behind is gone', async () => {
  const world = await labelsWorld();
  await world.clock.advance(5_000);
  world.setKubernetesSlice(service, ['a']);
  world.forceDelete('a');
  await world.clock.advanceUntil(() => world.actives().join() === 'b', 1_000, 'b active by its label');
  world.setService(service);
  await world.clock.advanceUntil(() => world.slice(service) !== undefined, 1_000, 'a slice of ours');
  assert.equal(world.store.get(resourceTypes.endpointslices, 'default', `${service}-k8s`), undefined);
  assert.deepEqual(world.reached(service), ['b']);
  await world.end();
});

test('G2: what Kubernetes left behind goes at once although the active controller dies as the mode changes', async () => {
  const world = await labelsWorld(['c1', 'c2']);
  await world.clock.advance(5_000);
  world.setKubernetesSlice(service, ['a']);
  world.setService(service);
  await world.clock.advanceUntil(() => world.slice(service) !== undefined, 1_000, 'our slice');
  const [active] = world.controllers.filter(({ controller }) => controller.state().role === 'active');
  active?.kill();
  await world.clock.advanceUntil(() => world.slices(service) === 1, 1_000, 'no other slice');
  await world.end();
});

test('a Service that gains a selector: our slice goes once that of Kubernetes leads to the holder', async () => {
  const world = await directWorld();
  world.setService(service, { app: 'hapod', role: 'active' });
  await world.clock.advance(3_000);
  assert.deepEqual(world.reached(service), ['a']);
  world.setKubernetesSlice(service, ['a']);
  await world.clock.advanceUntil(() => world.slice(service) === undefined, 5_000, 'our slice gone');
  assert.deepEqual(world.reached(service), ['a']);
  assert.deepEqual(world.actives(), ['a']);
  await world.end();
});

test('G2: a failover between the two modes withdraws our slice before the next one is routed', async () => {
  const world = await directWorld();
  world.setService(service, { app: 'hapod', role: 'active' });
  await world.clock.advance(1_000);
  world.forceDelete('a');
  await world.clock.advanceUntil(() => world.actives().join() === 'b', 1_000, 'b active by its label');
  assert.equal(world.slice(service), undefined);
  await world.end();
});

test('the status of the Singleton says who is active, since when, and what the last failover took', async () => {
  const world = await directWorld();
  await world.clock.advance(2_000);
  const before = world.singletonStatus(service);
  assert.equal(before?.active?.pod, 'a');
  assert.equal(before?.mode, 'Direct');
  assert.equal(before?.ready, '2/2');
  world.forceDelete('a');
  await settled(world, 'b', 200);
  await world.clock.advance(2_000);
  const after = world.singletonStatus(service);
  assert.equal(after?.active?.pod, 'b');
  assert.equal(after?.epoch, 2);
  assert.equal(after?.failovers, 1);
  const [move] = after?.history ?? [];
  assert.deepEqual(
    [move?.kind, move?.from, move?.to, move?.because.code],
    ['Failover', 'a', 'b', 'HolderDeleted'],
  );
  const events = world.store.list(resourceTypes.events, { namespace: 'default' });
  const told = events.filter((event) => Object(event.involvedObject).kind === 'Singleton');
  assert.deepEqual(
    told.map(({ reason }) => reason),
    ['FirstElection', 'HolderDeleted'],
  );
  const redundant = after?.conditions.find(({ type }) => type === 'Redundant');
  assert.equal(redundant?.status, 'False');
  await world.end();
});

test('a status that could not be written while the API server was away is written within a second of its return', async () => {
  const world = await directWorld();
  await world.clock.advance(2_000);
  const write = world.controllers[0]?.write;
  let isAway = true;
  write?.rules.push(({ path }) => (isAway && path.endsWith('/status') ? 'lose-request' : undefined));
  world.forceDelete('b');
  await world.clock.advance(30_000);
  assert.equal(world.singletonStatus(service)?.ready, '2/2');
  isAway = false;
  await world.clock.advanceUntil(() => world.singletonStatus(service)?.ready === '1/1', 3_000, 'the status');
  await world.end();
});

test('a paused Singleton says what it would do, and does nothing', async () => {
  const world = await directWorld();
  world.patchSingleton(service, { spec: { paused: true } });
  await world.clock.advance(1_000);
  world.forceDelete('a');
  await world.clock.advance(3_000);
  assert.deepEqual(world.reached(service), ['a']);
  assert.match(
    world.singletonStatus(service)?.because.sentence ?? '',
    /paused; it would act: a: .*b takes over/,
  );
  world.patchSingleton(service, { spec: { paused: false } });
  await settled(world, 'b', 1_000);
  await world.end();
});

test('of two Singletons that claim the same pods the older one stays, and the other one says why not', async () => {
  const world = await directWorld();
  await world.clock.advance(2_000);
  world.setService('other');
  world.createSingleton('other');
  await world.clock.advance(3_000);
  const accepted = world.singletonStatus('other')?.conditions.find(({ type }) => type === 'Accepted');
  assert.equal(accepted?.status, 'False');
  assert.match(accepted?.message ?? '', /feed selects the same pods/);
  assert.equal(world.slice('other'), undefined);
  world.deleteSingleton(service);
  await world.clock.advanceUntil(
    () => world.reached('other').join() === 'a',
    3_000,
    'the other one looked after',
  );
  await world.end();
});

test('a Singleton whose Service does not exist yet has an active all the same, and says what is missing', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  world.createSingleton(service);
  world.addController('c1');
  await world.clock.advanceUntil(() => world.actives().join() === 'a', 10_000, 'a active');
  await world.clock.advance(2_000);
  const available = world.singletonStatus(service)?.conditions.find(({ type }) => type === 'Available');
  assert.match(available?.message ?? '', /there is no Service feed \(yet\)/);
  world.setService(service);
  await settled(world, 'a', 3_000);
  await world.end();
});
