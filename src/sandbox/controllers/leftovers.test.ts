import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { clusterOfTwo, type SimulatedCluster } from '../simulated-cluster.ts';
import { ASIDE_REACTION_MS } from './limits.ts';

/** Longer than any controller of traffic waits, twice: one may wait for what another one has done. */
const settledMs = 3 * ASIDE_REACTION_MS;

const own = 'endpointslice.kubernetes.io/managed-by';

async function withService(spec: object = {}): Promise<SimulatedCluster> {
  const world = await clusterOfTwo();
  world.store.create(resourceTypes.services, {
    metadata: { name: 'web', namespace: 'default', labels: { team: 'red' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'web', port: 80, targetPort: 8_080 }], ...spec },
  });
  await world.clock.advance(settledMs);
  return world;
}

async function select(world: SimulatedCluster, selector: object | null): Promise<void> {
  world.store.patch(resourceTypes.services, 'default', 'web', {
    type: 'merge',
    body: { spec: { selector } },
  });
  await world.clock.advance(settledMs);
}

function slices({ store }: SimulatedCluster): readonly StoredObject[] {
  return store.list(resourceTypes.endpointslices, { namespace: 'default' });
}

const managers = (world: SimulatedCluster) =>
  slices(world)
    .map(({ metadata }) => metadata.labels?.[own])
    .sort();

function endpoints({ store }: SimulatedCluster): StoredObject | undefined {
  return store.get(resourceTypes.endpoints, 'default', 'web');
}

/** Sorted: the order says nothing. */
function addressesOf(slice: StoredObject | undefined): readonly unknown[] {
  return listAt(slice, 'endpoints')
    .flatMap((endpoint) => listAt(endpoint, 'addresses'))
    .toSorted();
}

test('a Service with a selector has an Endpoints object of its pods, labelled as the real controller does', async () => {
  const world = await withService();
  const object = endpoints(world);
  assert.deepEqual(object?.metadata.labels, {
    team: 'red',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  });
  const [subset] = listAt(object, 'subsets');
  assert.deepEqual(
    listAt(subset, 'addresses').map((address) => stringAt(address, 'ip')),
    ['127.10.1.2', '127.10.2.2'],
  );
  assert.deepEqual(managers(world), ['endpointslice-controller.k8s.io']);
});

test('a Service that loses its selector leaves its slice and its Endpoints behind, and they are mirrored', async () => {
  const world = await withService();
  const [before] = slices(world);
  await select(world, null);
  assert.deepEqual(managers(world), [
    'endpointslice-controller.k8s.io',
    'endpointslicemirroring-controller.k8s.io',
  ]);
  const mirror = slices(world).find((slice) => slice.metadata.uid !== before?.metadata.uid);
  assert.deepEqual(mirror?.metadata.ownerReferences?.[0]?.kind, 'Endpoints');
  assert.equal(mirror?.metadata.labels?.['kubernetes.io/service-name'], 'web');
  assert.deepEqual(addressesOf(mirror), addressesOf(before));
  // Nobody takes a pod out of them any more.
  world.store.delete(resourceTypes.pods, 'default', world.first().metadata.name, { gracePeriodSeconds: 0 });
  await world.clock.advance(settledMs);
  assert.deepEqual(slices(world).map(addressesOf), [addressesOf(before), addressesOf(before)]);
});

test('leftover Endpoints that are deleted take their mirror along, and do not come back', async () => {
  const world = await withService();
  await select(world, null);
  world.store.delete(resourceTypes.endpoints, 'default', 'web');
  await world.clock.advance(settledMs);
  assert.equal(endpoints(world), undefined);
  assert.deepEqual(managers(world), ['endpointslice-controller.k8s.io']);
});

test('a Service that gains a selector gets slices beside those of others, and its mirrors go', async () => {
  const world = await withService();
  await select(world, null);
  for (const slice of slices(world))
    if (slice.metadata.labels?.[own] === 'endpointslice-controller.k8s.io')
      world.store.delete(resourceTypes.endpointslices, 'default', slice.metadata.name);
  const users = world.store.create(resourceTypes.endpointslices, {
    metadata: {
      name: 'web-own',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'web', [own]: 'somebody' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.10.9.9'] }],
    ports: [],
  });
  await select(world, { app: 'web' });
  assert.deepEqual(managers(world), ['endpointslice-controller.k8s.io', 'somebody']);
  assert.deepEqual(world.store.get(resourceTypes.endpointslices, 'default', 'web-own'), users);
});

test('a Service that goes takes its slices, its Endpoints and their mirrors with it, and what a user gave it', async () => {
  const world = await withService();
  await select(world, null);
  const { uid } = world.store.mustGet(resourceTypes.services, 'default', 'web').metadata;
  world.store.create(resourceTypes.endpointslices, {
    metadata: {
      name: 'web-own',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'web' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid }],
    },
    addressType: 'IPv4',
    endpoints: [],
  });
  await world.clock.advance(settledMs);
  assert.equal(slices(world).length, 3);
  world.store.delete(resourceTypes.services, 'default', 'web');
  assert.equal(endpoints(world), undefined);
  await world.clock.advance(settledMs);
  assert.deepEqual(slices(world), []);
});

test('a slice of a Service that had this name before is not used again', async () => {
  const world = await withService();
  const [first] = slices(world);
  world.store.patch(resourceTypes.endpointslices, 'default', first?.metadata.name ?? '', {
    type: 'merge',
    body: { metadata: { ownerReferences: null } },
  });
  await world.clock.advance(settledMs);
  const [second, ...others] = slices(world);
  assert.deepEqual(others, []);
  assert.notEqual(second?.metadata.uid, first?.metadata.uid);
  assert.deepEqual(addressesOf(second), addressesOf(first));
});

test('Endpoints that a user made for a Service without a selector are mirrored, changed along, and skipped on demand', async () => {
  const world = await withService({ selector: undefined });
  const make = (ip: string, labels: object = {}) =>
    world.store.update(resourceTypes.endpoints, {
      metadata: { name: 'web', namespace: 'default', labels },
      subsets: [{ addresses: [{ ip }], ports: [{ name: 'web', port: 8_080 }] }],
    });
  make('10.0.0.1');
  await world.clock.advance(settledMs);
  const [mirror] = slices(world);
  assert.deepEqual(addressesOf(mirror), ['10.0.0.1']);
  make('10.0.0.2');
  await world.clock.advance(settledMs);
  assert.deepEqual(
    slices(world).map((slice) => [slice.metadata.uid, addressesOf(slice)]),
    [[mirror?.metadata.uid, ['10.0.0.2']]],
  );
  make('10.0.0.2', { 'endpointslice.kubernetes.io/skip-mirror': 'true' });
  await world.clock.advance(settledMs);
  assert.deepEqual(slices(world), []);
});

test('Endpoints that somebody changes stay so until there is another reason to look; deleted ones come back', async () => {
  const world = await withService();
  world.store.patch(resourceTypes.endpoints, 'default', 'web', { type: 'merge', body: { subsets: null } });
  await world.clock.advance(settledMs);
  assert.deepEqual(listAt(endpoints(world), 'subsets'), []);
  world.store.delete(resourceTypes.endpoints, 'default', 'web');
  await world.clock.advance(settledMs);
  assert.equal(listAt(endpoints(world), 'subsets').length, 1);
});
