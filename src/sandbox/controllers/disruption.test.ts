import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/api-error.ts';
import type { DeleteOptions } from '../api/deletion.ts';
import { evict } from '../api/eviction.ts';
import { at, listAt, objectAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { clusterOfTwo, SimulatedCluster } from '../simulated-cluster.ts';
import { ASIDE_REACTION_MS, EVICTION_TIMEOUT_MS } from './limits.ts';

/** One more than the look itself: an event that it writes is followed by another look. */
const settledMs = 2 * ASIDE_REACTION_MS;

const web = { matchLabels: { app: 'web' } };

async function budget(world: SimulatedCluster, spec: object, name = 'web'): Promise<void> {
  world.store.create(resourceTypes.poddisruptionbudgets, {
    metadata: { name, namespace: 'default' },
    spec: { selector: web, ...spec },
  });
  await world.clock.advance(settledMs);
}

function statusOf(world: SimulatedCluster, name = 'web') {
  return objectAt(world.store.mustGet(resourceTypes.poddisruptionbudgets, 'default', name), 'status');
}

function counts(world: SimulatedCluster) {
  const { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods } = statusOf(world);
  return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
}

/** What the API answers: a Status, or nothing. */
function refusal(world: SimulatedCluster, pod: string, options: DeleteOptions = {}): ApiError | undefined {
  try {
    evict(world.store, 'default', pod, options);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

const causeOf = (error: ApiError | undefined) => error?.details?.causes?.[0]?.message;

async function setReady(world: SimulatedCluster, pod: string, ready: boolean): Promise<void> {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const patch = { type: 'merge', body: { status: { phase: 'Running', conditions } } } as const;
  world.store.patch(resourceTypes.pods, 'default', pod, patch, { subresource: 'status' });
  await world.clock.advance(settledMs);
}

/** A pod that no controller and no node has. */
async function lonePod(world: SimulatedCluster, name: string, ready = true): Promise<void> {
  world.store.create(resourceTypes.pods, {
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: { nodeName: 'nowhere', containers: [{ name: 'main', image: 'server:v1' }] },
  });
  await setReady(world, name, ready);
}

const bounds: readonly (readonly [string, object, object])[] = [
  ['as many as must stay', { minAvailable: 1 }, { desiredHealthy: 1, disruptionsAllowed: 1 }],
  [
    'a share that must stay, rounded up',
    { minAvailable: '51%' },
    { desiredHealthy: 2, disruptionsAllowed: 0 },
  ],
  ['as many as may go', { maxUnavailable: 1 }, { desiredHealthy: 1, disruptionsAllowed: 1 }],
  ['a share that may go, rounded up', { maxUnavailable: '1%' }, { desiredHealthy: 1, disruptionsAllowed: 1 }],
  ['nothing', {}, { desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }],
];

for (const [name, spec, expected] of bounds) {
  test(`a budget of two ready pods that says ${name}`, async () => {
    const world = await clusterOfTwo();
    await budget(world, spec);
    assert.deepEqual(counts(world), { currentHealthy: 2, expectedPods: 2, ...expected });
  });
}

test('pods that nobody controls count where pods are counted, and for nothing where controllers are asked', async () => {
  const world = new SimulatedCluster();
  await lonePod(world, 'lone');
  await budget(world, { minAvailable: 1 }, 'counted');
  await budget(world, { maxUnavailable: 1 }, 'asked');
  assert.equal(statusOf(world, 'counted').expectedPods, 1);
  const asked = statusOf(world, 'asked');
  assert.deepEqual([asked.expectedPods, asked.disruptionsAllowed], [0, 0]);
});

test('pods whose controller is none that scales allow nothing, and the condition says why', async () => {
  const world = new SimulatedCluster();
  await lonePod(world, 'odd');
  const { metadata } = world.store.create(resourceTypes.configmaps, {
    metadata: { name: 'odd', namespace: 'default' },
  });
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'odd', uid: metadata.uid, controller: true };
  const body = { metadata: { ownerReferences: [owner] } };
  world.store.patch(resourceTypes.pods, 'default', 'odd', { type: 'merge', body });
  await budget(world, { maxUnavailable: 1 });
  const [condition] = listAt(statusOf(world), 'conditions');
  assert.equal(stringAt(condition, 'reason'), 'SyncFailed');
  const why = 'configmaps does not implement the scale subresource';
  assert.equal(stringAt(condition, 'message'), why);
  // It has never been counted, so the server still takes it for new.
  assert.match(causeOf(refusal(world, 'odd')) ?? '', /is still being processed by the server/);
});

test('an eviction takes one from the budget, marks the pod, and the next one is refused until there is one again', async () => {
  const world = await clusterOfTwo();
  await budget(world, { minAvailable: 1 });
  const [first = '', second = ''] = world.pods().map(({ metadata }) => metadata.name);
  assert.equal(refusal(world, first), undefined);
  const condition = listAt(world.find(first), 'status', 'conditions').find(
    (each) => stringAt(each, 'type') === 'DisruptionTarget',
  );
  assert.equal(stringAt(condition, 'reason'), 'EvictionByEvictionAPI');
  assert.notEqual(world.find(first)?.metadata.deletionTimestamp, undefined);
  assert.deepEqual(Object.keys(objectAt(statusOf(world), 'disruptedPods')), [first]);
  const refused = refusal(world, second);
  assert.equal(refused?.code, 429);
  assert.equal(refused.message, "Cannot evict pod as it would violate the pod's disruption budget.");
  assert.equal(refused.details?.causes?.[0]?.reason, 'DisruptionBudget');
  assert.equal(refused.details.retryAfterSeconds, undefined);
  await world.until(() => world.ready().length === 2, 60_000, 'a new pod is ready');
  await world.clock.advance(settledMs);
  assert.equal(at(statusOf(world), 'disruptedPods'), undefined);
  assert.equal(refusal(world, second), undefined);
});

test('a budget that the controller has not seen yet refuses, and says when to come again', async () => {
  const world = await clusterOfTwo();
  world.store.create(resourceTypes.poddisruptionbudgets, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: web, minAvailable: 1 },
  });
  const { name } = world.first().metadata;
  const refused = refusal(world, name);
  assert.equal(refused?.details?.retryAfterSeconds, 10);
  assert.equal(causeOf(refused), 'The disruption budget web is still being processed by the server.');
  await world.clock.advance(settledMs);
  assert.equal(refusal(world, name), undefined);
});

test('a pod that two budgets take in can’t be evicted, with nothing for a client to wait for', async () => {
  const world = await clusterOfTwo();
  await budget(world, { minAvailable: 0 }, 'one');
  await budget(world, { minAvailable: 0, selector: { matchLabels: {} } }, 'two');
  const refused = refusal(world, world.first().metadata.name);
  assert.deepEqual(refused?.toStatus(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    code: 500,
  });
});

test('a budget without a selector takes in no pod, one with an empty selector takes in all', async () => {
  const world = await clusterOfTwo();
  await budget(world, { minAvailable: 2, selector: undefined }, 'none');
  assert.equal(statusOf(world, 'none').expectedPods, 0);
  await budget(world, { minAvailable: 2, selector: {} }, 'all');
  assert.equal(statusOf(world, 'all').expectedPods, 2);
});

test('a pod that is not ready may go while enough others are, or always where the budget says so', async () => {
  const world = new SimulatedCluster();
  for (const name of ['a', 'b']) await lonePod(world, name, false);
  await budget(world, { minAvailable: 1 });
  assert.equal(
    causeOf(refusal(world, 'a')),
    'The disruption budget web needs 1 healthy pods and has 0 currently',
  );
  await setReady(world, 'b', true);
  assert.equal(refusal(world, 'a', { dryRun: true }), undefined);
  await setReady(world, 'b', false);
  world.store.patch(resourceTypes.poddisruptionbudgets, 'default', 'web', {
    type: 'merge',
    body: { spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
  });
  assert.equal(refusal(world, 'a'), undefined);
  assert.equal(at(statusOf(world), 'disruptedPods'), undefined);
});

test('a pod that has not begun, or is done, or going, needs no budget', async () => {
  const world = new SimulatedCluster();
  await lonePod(world, 'done');
  await budget(world, { minAvailable: 5 });
  assert.equal(refusal(world, 'done')?.code, 429);
  const patch = { type: 'merge', body: { status: { phase: 'Succeeded' } } } as const;
  world.store.patch(resourceTypes.pods, 'default', 'done', patch, { subresource: 'status' });
  assert.equal(refusal(world, 'done'), undefined);
  assert.equal(world.find('done'), undefined);
});

test('an eviction with the uid of another pod is refused before the pod is marked', async () => {
  const world = await clusterOfTwo();
  const { name, resourceVersion } = world.first().metadata;
  assert.equal(refusal(world, name, { uid: 'another' })?.code, 409);
  assert.equal(world.find(name)?.metadata.resourceVersion, resourceVersion);
  assert.equal(refusal(world, name, { resourceVersion }), undefined);
  assert.notEqual(world.find(name)?.metadata.deletionTimestamp, undefined);
});

test('a dry run takes nothing from the budget', async () => {
  const world = await clusterOfTwo();
  await budget(world, { minAvailable: 1 });
  assert.equal(refusal(world, world.first().metadata.name, { dryRun: true }), undefined);
  assert.equal(counts(world).disruptionsAllowed, 1);
});

test('an eviction that was let through and does not begin counts for two minutes', async () => {
  const world = await clusterOfTwo();
  await budget(world, { minAvailable: 1 });
  const { name } = world.first().metadata;
  const disruptedPods = { [name]: new Date(world.clock.wallTimeMs()).toISOString() };
  const patch = { type: 'merge', body: { status: { disruptedPods } } } as const;
  world.store.patch(resourceTypes.poddisruptionbudgets, 'default', 'web', patch, { subresource: 'status' });
  await world.clock.advance(settledMs);
  assert.equal(counts(world).disruptionsAllowed, 0);
  await world.clock.advance(EVICTION_TIMEOUT_MS + 2 * settledMs);
  assert.equal(counts(world).disruptionsAllowed, 1);
  assert.equal(at(statusOf(world), 'disruptedPods'), undefined);
});

test('during a rollout the Deployment says how many pods there should be, not its ReplicaSets', async () => {
  const world = new SimulatedCluster();
  const template = (version: string) => ({
    metadata: { labels: { app: 'web', version } },
    spec: { containers: [{ name: 'main', image: 'server:v1' }] },
  });
  world.store.create(resourceTypes.deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 3, selector: web, template: template('one') },
  });
  await world.until(() => world.ready().length === 3, 5_000, 'three');
  await budget(world, { maxUnavailable: 1 });
  world.store.patch(resourceTypes.deployments, 'default', 'web', {
    type: 'merge',
    body: { spec: { template: template('two') } },
  });
  const seen = new Set<unknown>();
  await world.until(
    () => {
      seen.add(counts(world).expectedPods);
      return (
        world.ready().length === 3 &&
        world.ready().every(({ metadata }) => metadata.labels?.version === 'two')
      );
    },
    60_000,
    'rolled out',
  );
  assert.deepEqual([...seen], [3]);
});

test('a budget that a pod has left by its labels hears of it only with the next reason to look', async () => {
  const world = await clusterOfTwo();
  await budget(world, { minAvailable: 1, selector: { matchLabels: { role: 'active' } } });
  const [first = '', second = ''] = world.pods().map(({ metadata }) => metadata.name);
  const role = async (pod: string, value: string | null) => {
    world.store.patch(resourceTypes.pods, 'default', pod, {
      type: 'merge',
      body: { metadata: { labels: { role: value } } },
    });
    await world.clock.advance(settledMs);
  };
  await role(first, 'active');
  assert.deepEqual(counts(world), {
    currentHealthy: 1,
    desiredHealthy: 1,
    disruptionsAllowed: 0,
    expectedPods: 1,
  });
  await role(first, null);
  assert.equal(counts(world).currentHealthy, 1);
  await role(second, 'active');
  assert.deepEqual(counts(world), {
    currentHealthy: 1,
    desiredHealthy: 1,
    disruptionsAllowed: 0,
    expectedPods: 1,
  });
});
