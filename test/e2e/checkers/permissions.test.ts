import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEntry } from '../audit/decode-audit-event.ts';
import { permissionProblems } from './permissions.ts';

const role = {
  rules: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'delete'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['patch'] },
  ],
};

function used(verb: string, resource: string, change: Partial<AuditEntry> = {}): AuditEntry {
  const group = resource === 'leases' ? 'coordination.k8s.io' : '';
  return {
    id: `${verb} ${resource}`,
    stage: 'ResponseComplete',
    user: 'controller',
    verb,
    path: `/${resource}`,
    target: { group, resource, subresource: undefined, namespace: 'scene', name: 'a' },
    code: 200,
    receivedAtMs: 0,
    uidPrecondition: undefined,
    hasBody: false,
    ...change,
  };
}

const everything = [used('get', 'pods'), used('delete', 'pods'), used('patch', 'leases')];

describe('the check of a ClusterRole against what was asked for', () => {
  test('finds nothing where all of it was used and nothing else', () => {
    const version = used('get', 'version', { target: undefined });
    assert.deepEqual(permissionProblems([...everything, version], role), []);
  });

  test('finds what was granted and never used', () => {
    assert.deepEqual(permissionProblems(everything.slice(1), role), ['granted and never used: get pods']);
  });

  test('finds what was used and not granted, a subresource too', () => {
    const target = { group: '', resource: 'pods', subresource: 'status', namespace: 'scene', name: 'a' };
    assert.deepEqual(permissionProblems([...everything, used('patch', 'pods', { target })], role), [
      'used and not granted: patch pods/status',
    ]);
  });

  test('finds a refusal', () => {
    const refused = used('get', 'pods', { code: 403 });
    assert.deepEqual(permissionProblems([...everything, refused], role), ['refused: get pods']);
  });
});
