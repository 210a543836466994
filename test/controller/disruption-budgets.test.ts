/** The budget that lets a drain wait until somebody else has the role. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDisruptionBudget } from '../../src/kube/decode-disruption-budget.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { DeclaredWorld } from './declared-world.ts';

const service = 'feed';
const own = `understudy-${service}`;
const budgets = resourceTypes.poddisruptionbudgets;

function names(world: DeclaredWorld): string {
  return world.store
    .list(budgets, { namespace: 'default' })
    .map(({ metadata }) => metadata.name)
    .sort()
    .join();
}

function becomes(world: DeclaredWorld, expected: string, withinMs = 3_000): Promise<void> {
  return world.clock.advanceUntil(() => names(world) === expected, withinMs, `the budgets "${expected}"`);
}

function addBudget(world: DeclaredWorld, name: string, matchLabels: Readonly<Record<string, string>>): void {
  const spec = { minAvailable: 1, selector: { matchLabels } };
  world.store.create(budgets, { metadata: { name, namespace: 'default' }, spec });
}

function begin(
  spec: object = {},
  options: ConstructorParameters<typeof DeclaredWorld>[0] = {},
): DeclaredWorld {
  const world = new DeclaredWorld(options);
  world.addNode('node-1');
  world.addNode('node-2');
  world.addPod('a');
  world.addPod('b', { node: 'node-2' });
  world.setService(service);
  world.createSingleton(service, spec);
  world.addController('c1');
  return world;
}

function hasRole(world: DeclaredWorld, name: string, withinMs = 10_000): Promise<void> {
  return world.clock.advanceUntil(() => world.actives().join() === name, withinMs, `${name} active`);
}

function isDrainBlocked(world: DeclaredWorld): boolean {
  const { conditions = [] } = world.singletonStatus(service) ?? {};
  return conditions.some(({ type, status }) => type === 'DrainBlocked' && status === 'True');
}

test('a budget protects whoever is active, and goes with its Singleton', async () => {
  const world = begin();
  await becomes(world, own, 10_000);
  const stored = world.store.mustGet(budgets, 'default', own);
  assert.deepEqual(stored.spec, {
    minAvailable: 1,
    selector: { matchLabels: { app: 'hapod', role: 'active' } },
    unhealthyPodEvictionPolicy: 'AlwaysAllow',
  });
  assert.deepEqual(
    stored.metadata.ownerReferences?.map(({ kind, name }) => [kind, name]),
    [['Singleton', service]],
  );
  await world.end();
});

test('where somebody else protects a member there is no budget of ours, until theirs is gone', async () => {
  const world = begin();
  await becomes(world, own, 10_000);
  addBudget(world, 'of-others', { app: 'other' });
  await world.clock.advance(1_000);
  assert.equal(names(world), `of-others,${own}`);
  addBudget(world, 'theirs', { app: 'hapod' });
  await becomes(world, 'of-others,theirs');
  world.store.delete(budgets, 'default', 'theirs');
  await becomes(world, `of-others,${own}`);
  await world.end();
});

test('a budget of ours that somebody changes or deletes is put right', async () => {
  const world = begin();
  await becomes(world, own, 10_000);
  const body = { spec: { selector: { matchLabels: { tier: 'front' } } } };
  world.store.patch(budgets, 'default', own, { type: 'merge', body });
  const protects = () => {
    const stored = world.store.get(budgets, 'default', own);
    return stored === undefined ? undefined : decodeDisruptionBudget(stored).selector?.matchLabels;
  };
  await world.clock.advanceUntil(
    () => protects()?.tier === undefined && protects()?.role === 'active',
    3_000,
    'it',
  );
  world.store.delete(budgets, 'default', own);
  await becomes(world, own);
  await world.end();
});

test('a drain waits for a fit standby, but not longer than drainTimeoutSeconds: then it is let through, which is said', async () => {
  const world = begin({ drainTimeoutSeconds: 60 });
  world.setReady('b', false);
  await hasRole(world, 'a');
  await becomes(world, own);
  world.cordon('node-1');
  await world.clock.advance(58_000);
  assert.equal(names(world), own);
  assert.equal(isDrainBlocked(world), false);
  await becomes(world, '', 5_000);
  await world.clock.advanceUntil(() => isDrainBlocked(world), 3_000, 'the condition DrainBlocked');
  const blocked = world.singletonStatus(service)?.conditions.find(({ type }) => type === 'DrainBlocked');
  assert.match(blocked?.message ?? '', /^nobody has followed a: the drain of node-1 was held up for 60 s/);
  world.setReady('b', true);
  await hasRole(world, 'b');
  await becomes(world, own);
  await world.clock.advanceUntil(() => !isDrainBlocked(world), 3_000, 'the end of the condition');
  await world.end();
});

test('a drain of all nodes at once, or of a paused singleton, is let through in the end too', async () => {
  const world = begin({ drainTimeoutSeconds: 60 });
  await hasRole(world, 'a');
  await becomes(world, own);
  for (const node of ['node-2', 'node-1']) world.cordon(node);
  await world.clock.advance(50_000);
  assert.equal(names(world), own);
  await becomes(world, '', 15_000);
  await world.end();
});

test('a Singleton that is not accepted any more leaves no budget behind', async () => {
  const world = new DeclaredWorld();
  world.addNode('node-1');
  for (const name of ['a', 'b']) world.addPod(name);
  world.createSingleton('older', { selector: { matchLabels: { app: 'nobody' } }, service: undefined });
  await world.clock.advance(2_000);
  world.setService(service);
  world.createSingleton(service);
  world.addController('c1');
  await becomes(world, `${own},understudy-older`, 10_000);
  world.loosenDefinition();
  world.patchSingleton('older', { spec: { selector: { matchLabels: { app: 'hapod' } } } });
  await becomes(world, 'understudy-older');
  await world.end();
});

test('G5: a controller that may not see or write budgets fails over all the same', async () => {
  const world = begin({}, { isForbidden: (path) => path.includes('poddisruptionbudgets') });
  await hasRole(world, 'a');
  world.forceDelete('a');
  await hasRole(world, 'b', 300);
  assert.equal(names(world), '');
  await world.end();
});
