import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredObject } from '../api/stored-object.ts';
import { imaginedPod as pod } from './imagined-pod.ts';
import { victimsFirst } from './victims.ts';

/** An hour after the imagined pods were made. */
const wallTimeMs = Date.parse('2026-01-01T01:00:00Z');

function firstOf(pods: readonly StoredObject[], related: readonly StoredObject[] = []): string | undefined {
  return victimsFirst({ pods, related, wallTimeMs })[0]?.metadata.name;
}

const recently = '2026-01-01T00:59:00Z';
const sidecar = { name: 's', restartPolicy: 'Always' };

const victims: readonly (readonly [string, StoredObject, StoredObject])[] = [
  ['one without a node', pod('first', { node: '' }), pod('second', { cost: '-100' })],
  ['a pending one', pod('first', { phase: 'Pending' }), pod('second', { ready: false })],
  ['one that is not ready', pod('first', { ready: false, cost: '100' }), pod('second', { cost: '-100' })],
  [
    'the one with the lower deletion cost, however young the other is',
    pod('first', { cost: '-1' }),
    pod('second', { created: recently, ready: recently, restarts: 9 }),
  ],
  ['the one that costs nothing', pod('first'), pod('second', { cost: '2147483647' })],
  [
    'the one that is ready for a shorter time',
    pod('first', { ready: recently }),
    pod('second', { restarts: 9 }),
  ],
  ['the one that restarted more often', pod('first', { restarts: 1 }), pod('second', { created: recently })],
  [
    'the one whose sidecar restarted more often',
    pod('first', {
      spec: { initContainers: [sidecar] },
      status: { initContainerStatuses: [{ name: 's', restartCount: 1 }] },
    }),
    pod('second', {
      spec: { initContainers: [{ name: 'i' }] },
      status: { initContainerStatuses: [{ name: 'i', restartCount: 5 }] },
    }),
  ],
  ['the younger one', pod('first', { created: recently }), pod('second')],
  [
    'of two that are about as old the one with the lower uid',
    pod('first', { created: '2026-01-01T00:00:00Z' }),
    pod('second', { created: '2026-01-01T00:00:20Z' }),
  ],
];

for (const [name, first, second] of victims) {
  test(`a ReplicaSet gives up ${name} first`, () => {
    for (const pods of [
      [first, second],
      [second, first],
    ])
      assert.equal(firstOf(pods), 'first');
  });
}

test('a deletion cost that is no number of 32 bits counts as none', () => {
  for (const cost of ['+5', '05', '5.0', 'much', '', '2147483648', ' 5']) {
    const pods = [pod('dear', { cost: '1' }), pod('odd', { cost })];
    assert.equal(firstOf(pods), 'odd', JSON.stringify(cost));
    const others = [pod('cheap', { cost: '-1' }), pod('odd', { cost })];
    assert.equal(firstOf(others), 'cheap', JSON.stringify(cost));
  }
});

test('a Deployment’s ReplicaSet gives up a pod on the node with more of the Deployment’s pods first', () => {
  const pods = [pod('beside', { node: 'node2', created: recently }), pod('here')];
  const others = [pod('older', { node: 'node1' }), pod('leaving', { node: 'node2', leaving: true })];
  assert.equal(firstOf(pods, [...pods, ...others, pod('ended', { node: 'node2', phase: 'Failed' })]), 'here');
});

test('a ReplicaSet that stands alone does not care how many of its pods share a node', () => {
  const pods = [pod('alone', { node: 'node2', created: recently }), pod('one'), pod('two')];
  assert.equal(firstOf(pods), 'alone');
});
