import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from '../api/resource-types.ts';
import { decodeObject, type StoredObject } from '../api/stored-object.ts';
import { nodeNameOf } from './controller.ts';
import { imaginedPod as pod } from './imagined-pod.ts';
import { fenceposts, nextSizes, type RolloutInput } from './rollout.ts';
import { chooseNode } from './scheduler.ts';
import { templateHash } from './template-hash.ts';

const set = (uid: string, desired: number, available = desired) => ({ uid, desired, available });
const rolling = { kind: 'RollingUpdate', maxSurge: 1, maxUnavailable: 0 } as const;

const rollouts: readonly (readonly [string, RolloutInput, object])[] = [
  [
    'a new Deployment gets all its pods',
    { replicas: 3, strategy: rolling, newest: set('n', 0), old: [] },
    { n: 3 },
  ],
  [
    'one more at first',
    { replicas: 3, strategy: rolling, newest: set('n', 0), old: [set('o', 3)] },
    { n: 1 },
  ],
  [
    'an old one goes when the new one is there',
    { replicas: 3, strategy: rolling, newest: set('n', 1), old: [set('o', 3)] },
    { o: 2 },
  ],
  [
    'none goes while the new one is not available',
    { replicas: 3, strategy: rolling, newest: set('n', 1, 0), old: [set('o', 3)] },
    {},
  ],
  [
    'what is broken goes first',
    { replicas: 3, strategy: rolling, newest: set('n', 1), old: [set('broken', 1, 0), set('o', 2)] },
    { broken: 0 },
  ],
  [
    'with maxUnavailable old ones go at once',
    {
      replicas: 4,
      strategy: { kind: 'RollingUpdate', maxSurge: 0, maxUnavailable: 2 },
      newest: set('n', 0),
      old: [set('o', 4)],
    },
    { o: 2 },
  ],
  [
    'Recreate: the old ones first',
    { replicas: 2, strategy: { kind: 'Recreate', oldPods: 2 }, newest: set('n', 0), old: [set('o', 2)] },
    { o: 0 },
  ],
  [
    'Recreate: nothing while an old pod is there',
    { replicas: 2, strategy: { kind: 'Recreate', oldPods: 1 }, newest: set('n', 0), old: [set('o', 0)] },
    {},
  ],
  [
    'Recreate: then the new ones',
    { replicas: 2, strategy: { kind: 'Recreate', oldPods: 0 }, newest: set('n', 0), old: [set('o', 0)] },
    { n: 2 },
  ],
  ['scaled down', { replicas: 1, strategy: rolling, newest: set('n', 3), old: [] }, { n: 1 }],
];

for (const [name, input, expected] of rollouts) {
  test(`a rollout: ${name}`, () => assert.deepEqual(Object.fromEntries(nextSizes(input)), expected));
}

test('surge rounds up, unavailability down, and never both to zero', () => {
  assert.deepEqual(fenceposts('25%', '25%', 3), { maxSurge: 1, maxUnavailable: 0 });
  assert.deepEqual(fenceposts(0, '25%', 3), { maxSurge: 0, maxUnavailable: 1 });
});

test('the template’s hash does not depend on the order of its fields', () => {
  assert.equal(templateHash({ a: 1, b: { c: 2, d: 3 } }, 0), templateHash({ b: { d: 3, c: 2 }, a: 1 }, 0));
  assert.notEqual(templateHash({ a: 1 }, 0), templateHash({ a: 2 }, 0));
  assert.notEqual(templateHash({ a: 1 }, 0), templateHash({ a: 1 }, 1));
});

const on = (pods: readonly StoredObject[]) => (name: string) =>
  pods.filter((each) => nodeNameOf(each) === name);

function node(name: string, spec: object = {}, ready = 'True'): StoredObject {
  return decodeObject(resourceTypes.nodes, {
    metadata: { name, labels: { zone: name } },
    spec,
    status: { allocatable: { pods: '3' }, conditions: [{ type: 'Ready', status: ready }] },
  });
}

const choices: readonly (readonly [
  string,
  StoredObject,
  readonly StoredObject[],
  readonly StoredObject[],
  string,
])[] = [
  ['the emptier node', pod('p', { node: '' }), [node('a'), node('b')], [pod('x', { node: 'a' })], 'b'],
  [
    'away from its siblings, even where it is fuller',
    pod('p', { node: '', owner: 'o' }),
    [node('a'), node('b')],
    [pod('x', { node: 'a', owner: 'o' }), pod('y', { node: 'b' }), pod('z', { node: 'b' })],
    'b',
  ],
  [
    'not the cordoned one',
    pod('p', { node: '' }),
    [node('a', { unschedulable: true }), node('b')],
    [pod('x', { node: 'b' })],
    'b',
  ],
  [
    'not the lost one',
    pod('p', { node: '' }),
    [node('a', {}, 'Unknown'), node('b')],
    [pod('x', { node: 'b' })],
    'b',
  ],
  [
    'the tainted one where it is tolerated',
    pod('p', { node: '', spec: { tolerations: [{ key: 'k', operator: 'Exists' }] } }),
    [node('a', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }), node('b')],
    [pod('x', { node: 'b' })],
    'a',
  ],
  [
    'the one that its selector names',
    pod('p', { node: '', spec: { nodeSelector: { zone: 'b' } } }),
    [node('a'), node('b')],
    [pod('x', { node: 'b' })],
    'b',
  ],
];

for (const [name, subject, nodes, running, expected] of choices) {
  test(`a pod is put on ${name}`, () => {
    assert.deepEqual(chooseNode(subject, nodes, on(running)), { kind: 'node', name: expected });
  });
}

test('a pod that fits nowhere hears why, node by node', () => {
  const full = [1, 2, 3].map((number) => pod(`x${number}`, { node: 'c' }));
  const nodes = [node('a', { unschedulable: true }), node('b', {}, 'Unknown'), node('c')];
  assert.deepEqual(chooseNode(pod('p', { node: '' }), nodes, on(full)), {
    kind: 'none',
    because:
      '0/3 nodes are available: 1 Too many pods, 1 node(s) were not ready, 1 node(s) were unschedulable.',
  });
});
