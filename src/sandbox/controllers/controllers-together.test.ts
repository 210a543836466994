import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { clusterOfTwo, SimulatedCluster } from '../simulated-cluster.ts';
import { ENDPOINTS_REACTION_MS } from './limits.ts';

test('deleting a ReplicaSet deletes its pods', async () => {
  const world = await clusterOfTwo();
  world.store.delete(resourceTypes.replicasets, 'default', 'web', { propagationPolicy: 'Background' });
  await world.until(() => world.pods().length === 0, 40_000, 'no pods');
  assert.equal(world.processes.running.size, 0);
});

test('an orphaning delete leaves the pods, and a new ReplicaSet adopts them', async () => {
  const world = await clusterOfTwo();
  const names = world.pods().map(({ metadata }) => metadata.name);
  world.store.delete(resourceTypes.replicasets, 'default', 'web', { propagationPolicy: 'Orphan' });
  await world.clock.advance(10);
  assert.deepEqual(
    world.pods().map(({ metadata }) => [metadata.name, metadata.ownerReferences ?? []]),
    names.map((name) => [name, []]),
  );
  world.replicaSet(2);
  await world.clock.advance(10);
  assert.deepEqual(
    world.pods().map(({ metadata }) => [metadata.name, metadata.ownerReferences?.length]),
    names.map((name) => [name, 1]),
  );
});

test('a cordoned node gets no new pods, and its pods stay', async () => {
  const world = await clusterOfTwo();
  world.store.patch(resourceTypes.nodes, undefined, 'node1', {
    type: 'merge',
    body: { spec: { unschedulable: true } },
  });
  world.store.patch(
    resourceTypes.replicasets,
    'default',
    'web',
    { type: 'merge', body: { spec: { replicas: 4 } } },
    { subresource: 'scale' },
  );
  await world.until(() => world.ready().length === 4, 5_000, 'four');
  const nodes = world
    .pods()
    .map((pod) => stringAt(pod, 'spec', 'nodeName'))
    .sort();
  assert.deepEqual(nodes, ['node1', 'node2', 'node2', 'node2']);
});

test('a rollout replaces the pods without ever having fewer than wanted', async () => {
  const world = new SimulatedCluster();
  const template = (version: string) => ({
    metadata: { labels: { app: 'web', version } },
    spec: { containers: [{ name: 'main', image: 'server:v1' }] },
  });
  const selector = { matchLabels: { app: 'web' } };
  world.store.create(resourceTypes.deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 3, selector, template: template('one') },
  });
  await world.until(() => world.ready().length === 3, 5_000, 'three');
  world.store.patch(resourceTypes.deployments, 'default', 'web', {
    type: 'merge',
    body: { spec: { template: template('two') } },
  });
  let fewest = 3;
  await world.until(
    () => {
      fewest = Math.min(fewest, world.ready().length);
      const ready = world.ready();
      return (
        ready.length === 3 &&
        ready.every(({ metadata }) => metadata.labels?.version === 'two') &&
        world.pods().length === 3
      );
    },
    60_000,
    'rolled out',
  );
  assert.ok(fewest >= 3, `${fewest}`);
  const deployment = world.store.mustGet(resourceTypes.deployments, 'default', 'web');
  assert.equal(stringAt(listAt(deployment, 'status', 'conditions')[1], 'reason'), 'NewReplicaSetAvailable');
});

test('a Service gets an address, and its slice follows labels and readiness', async () => {
  const world = await clusterOfTwo();
  world.store.create(resourceTypes.services, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web', role: 'active' }, ports: [{ port: 8080 }] },
  });
  await world.clock.advance(1);
  const service = world.store.mustGet(resourceTypes.services, 'default', 'web');
  assert.equal(stringAt(service, 'spec', 'clusterIP'), '127.96.0.1');
  assert.deepEqual(world.endpoints(), []);
  const { name } = world.first().metadata;
  world.store.patch(resourceTypes.pods, 'default', name, {
    type: 'merge',
    body: { metadata: { labels: { role: 'active' } } },
  });
  await world.clock.advance(ENDPOINTS_REACTION_MS);
  assert.deepEqual(world.endpoints(), [`${name}:["${stringAt(world.first(), 'status', 'podIP')}"]`]);
});
