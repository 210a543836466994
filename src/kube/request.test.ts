import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createRequest,
  deleteRequest,
  getRequest,
  listRequest,
  mergePatchRequest,
  objectBody,
  objectPatch,
  replaceRequest,
  watchRequest,
} from './request.ts';
import { LEASES, NODES, PODS, qualifiedPlural, SELF_SUBJECT_ACCESS_REVIEWS } from './resources.ts';

test('paths name group, version, namespace, plural, object and subresource', () => {
  assert.equal(getRequest(PODS, { namespace: 'ns', name: 'a' }).path, '/api/v1/namespaces/ns/pods/a');
  assert.equal(
    getRequest(LEASES, { namespace: 'ns', name: 'l' }).path,
    '/apis/coordination.k8s.io/v1/namespaces/ns/leases/l',
  );
  assert.equal(getRequest(NODES, { name: 'n' }).path, '/api/v1/nodes/n');
  assert.equal(listRequest(PODS, {}).path, '/api/v1/pods');
  const status = mergePatchRequest(PODS, { namespace: 'ns', name: 'a', subresource: 'status', patch: {} });
  assert.equal(status.path, '/api/v1/namespaces/ns/pods/a/status');
  const eviction = createRequest(PODS, { namespace: 'ns', name: 'a', subresource: 'eviction', body: {} });
  assert.equal(eviction.path, '/api/v1/namespaces/ns/pods/a/eviction');
  assert.equal(
    createRequest(SELF_SUBJECT_ACCESS_REVIEWS, { body: {} }).path,
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  );
  assert.equal(qualifiedPlural(LEASES), 'leases.coordination.k8s.io');
});

test('whatever is put into a path or a query stays one segment, one value', () => {
  assert.equal(
    getRequest(PODS, { namespace: 'n/s', name: '../a?b#c' }).path,
    '/api/v1/namespaces/n%2Fs/pods/..%2Fa%3Fb%23c',
  );
  assert.equal(
    listRequest(PODS, { namespace: 'ns', labelSelector: 'app in (a,b),role!=x&y', continueToken: 'a+/=' })
      .path,
    '/api/v1/namespaces/ns/pods?labelSelector=app%20in%20(a%2Cb)%2Crole!%3Dx%26y&continue=a%2B%2F%3D',
  );
});

test('an empty name or a missing namespace is refused: it would address the whole collection', () => {
  assert.throws(() => deleteRequest(PODS, { namespace: 'ns', name: '', uid: 'u' }), TypeError);
  assert.throws(() => deleteRequest(PODS, { name: 'a', uid: 'u' }), TypeError);
  assert.throws(() => getRequest(NODES, { namespace: 'ns', name: 'n' }), TypeError);
  assert.throws(() => listRequest(PODS, { namespace: '' }), TypeError);
  assert.throws(() => createRequest(PODS, { namespace: 'ns', name: 'a', body: {} }), TypeError);
});

test('a watch resumes from a version, or begins with everything there is', () => {
  assert.equal(
    watchRequest(PODS, { resourceVersion: '7', timeoutSeconds: 400 }).path,
    '/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=400',
  );
  assert.equal(
    watchRequest(PODS, { fieldSelector: 'spec.nodeName=n', sendInitialEvents: true, timeoutSeconds: 400 })
      .path,
    '/api/v1/pods?watch=1&allowWatchBookmarks=true&fieldSelector=spec.nodeName%3Dn&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=400',
  );
});

test('a delete names the UID, so that a namesake survives', () => {
  const request = deleteRequest(PODS, { namespace: 'ns', name: 'a', uid: 'u', gracePeriodSeconds: 0 });
  assert.equal(request.method, 'DELETE');
  assert.deepEqual(JSON.parse(request.body ?? ''), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: 'u' },
    gracePeriodSeconds: 0,
  });
});

test('an object patch carries who and which version it was made for, over whatever it was given', () => {
  const patch = objectPatch(
    { uid: 'u', resourceVersion: '9' },
    { metadata: { labels: { role: null }, uid: 'x' }, spec: {} },
  );
  assert.deepEqual(patch, { metadata: { labels: { role: null }, uid: 'u', resourceVersion: '9' }, spec: {} });
  const request = mergePatchRequest(PODS, { namespace: 'ns', name: 'a', patch });
  assert.equal(request.contentType, 'application/merge-patch+json');
});

test('a body starts with apiVersion, kind and metadata', () => {
  const body = objectBody(LEASES, { name: 'l' }, { spec: { holderIdentity: 'h' } });
  const request = replaceRequest(LEASES, { namespace: 'ns', name: 'l', body });
  assert.equal(request.method, 'PUT');
  assert.equal(
    request.body,
    '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l"},"spec":{"holderIdentity":"h"}}',
  );
});
