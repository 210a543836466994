import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEntry } from '../audit/decode-audit-event.ts';
import { permissionProblems } from './permissions.ts';

const everywhere = {
  namespace: undefined,
  role: {
    rules: [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'delete'] },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['patch'] },
    ],
  },
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
    isForbidden: false,
    receivedAtMs: 0,
    uidPrecondition: undefined,
    hasBody: false,
    ...change,
  };
}

const everything = [used('get', 'pods'), used('delete', 'pods'), used('patch', 'leases')];

describe("the check of the controllers' roles against what was asked for", () => {
  test('finds nothing where all of it was used and nothing else', () => {
    const version = used('get', 'version', { target: undefined });
    assert.deepEqual(permissionProblems([...everything, version], [everywhere]), []);
  });

  test('finds what was granted and never used', () => {
    assert.deepEqual(permissionProblems(everything.slice(1), [everywhere]), [
      'granted and never used: get pods',
    ]);
  });

  test('finds what was used and not granted, a subresource too', () => {
    const target = { group: '', resource: 'pods', subresource: 'status', namespace: 'scene', name: 'a' };
    assert.deepEqual(permissionProblems([...everything, used('patch', 'pods', { target })], [everywhere]), [
      'used and not granted: patch pods/status in scene',
    ]);
  });

  test('holds a role of one namespace to that namespace, and to what no wider one grants', () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
    const grants = [everywhere, { role: { rules }, namespace: 'understudy' }];
    assert.deepEqual(permissionProblems([...everything, used('list', 'pods')], grants), [
      'used and not granted: list pods in scene',
      'granted and never used: get pods in understudy',
      'granted and never used: list pods in understudy',
    ]);
  });

  test('takes no other 403 for a refusal: nothing may be created in a namespace that is being deleted', () => {
    const late = used('patch', 'leases', { code: 403 });
    assert.deepEqual(permissionProblems([...everything, late], [everywhere]), []);
  });

  test('finds what is granted and never allowed: the role is bound to nobody', () => {
    const refused = everything.map((entry) => ({ ...entry, code: 403, isForbidden: true }));
    const problems = permissionProblems(refused, [everywhere]);
    assert.ok(problems.includes('refused: get pods in scene'), problems.join());
    assert.equal(problems.length, everything.length);
  });

  test('takes no refusal by an API server that has just started for a fault of the roles', () => {
    const refused = used('get', 'pods', { code: 403, isForbidden: true });
    assert.deepEqual(permissionProblems([...everything, refused], [everywhere]), []);
  });
});
