import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAdoption } from '../../controller/adoption.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import { adoptedMembers } from './adopted-members.ts';

function pod(name: string, labels: Readonly<Record<string, string>>): PodObject {
  return {
    namespace: 'default',
    name,
    uid: name,
    resourceVersion: '1',
    createdAtMs: 0,
    labels,
    annotations: {},
    deletion: undefined,
    node: 'node-1',
    ip: undefined,
    ips: [],
    trueConditions: ['Ready'],
    namedPorts: [],
    phase: 'Running',
    ready: true,
    notReadyReason: undefined,
    ownerUid: undefined,
    containers: [],
  };
}

function nameOf(selector: string): string {
  const parsed = parseAdoption(selector);
  assert.equal(parsed.kind, 'adoption');
  return parsed.adoption.singletonName;
}

const names = (pods: readonly PodObject[]) => pods.map(({ name }) => name);

const pods = [
  pod('db-0', { app: 'db', role: 'active', 'pod-template-hash': 'x' }),
  pod('feed-0', { app: 'feed', tier: 'market', role: 'active', 'pod-template-hash': 'a' }),
  pod('feed-1', { app: 'feed', tier: 'market', role: 'standby', 'pod-template-hash': 'b' }),
  pod('feed-2', { app: 'feed', tier: 'news', role: 'standby', 'pod-template-hash': 'b' }),
];

test('the members of an adopted singleton are those that the selector takes in which gives its name', () => {
  assert.deepEqual(names(adoptedMembers(nameOf('app=db'), pods)), ['db-0']);
  assert.deepEqual(names(adoptedMembers(nameOf('app=feed'), pods)), ['feed-0', 'feed-1', 'feed-2']);
  assert.deepEqual(names(adoptedMembers(nameOf('app=feed,tier=market'), pods)), ['feed-0', 'feed-1']);
});

test('where no pod has such labels there are none, whatever else there is', () => {
  assert.deepEqual(adoptedMembers(nameOf('app=web'), pods), []);
  assert.deepEqual(adoptedMembers('feed-0123abcd', pods), []);
});

test('a pod with more labels than can be tried is not tried', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`l${index}`, 'x']));
  assert.deepEqual(adoptedMembers('web', [pod('web-0', { ...many, app: 'web' })]), []);
});
