import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOrThrow, classify, KubeError } from './status.ts';

const answer = (status: number, body: unknown = '', retryAfterMs?: number) =>
  classify({ status, retryAfterMs, body: typeof body === 'string' ? body : JSON.stringify(body) });

const KINDS: readonly (readonly [number, string, 'backoff' | 'relist' | 'never'])[] = [
  [400, 'invalid', 'never'],
  [401, 'unauthorized', 'backoff'],
  [403, 'forbidden', 'backoff'],
  [404, 'notFound', 'never'],
  [405, 'invalid', 'never'],
  [409, 'conflict', 'never'],
  [410, 'gone', 'relist'],
  [415, 'invalid', 'never'],
  [422, 'invalid', 'never'],
  [429, 'tooManyRequests', 'backoff'],
  [500, 'serverError', 'backoff'],
  [503, 'serverError', 'backoff'],
  [504, 'serverError', 'backoff'],
];

for (const [status, kind, retry] of KINDS) {
  test(`${status} is ${kind}, also without a Status body`, () => {
    const outcome = answer(status, '<html>upstream</html>');
    assert.equal(outcome.kind, kind);
    assert.ok(outcome.kind !== 'ok');
    assert.equal(outcome.message, `HTTP ${status}: <html>upstream</html>`);
    assert.equal(new KubeError(outcome).retry, retry);
  });
}

test('a success carries its body', () => {
  assert.deepEqual(answer(201, '{}'), { kind: 'ok', status: 201, body: '{}' });
  assert.equal(bodyOrThrow({ status: 200, retryAfterMs: undefined, body: 'b' }), 'b');
});

test('a refusal can be thrown, with the server’s own words', () => {
  const body = JSON.stringify({
    kind: 'Status',
    reason: 'Conflict',
    message: 'the object has been modified',
  });
  assert.throws(
    () => bodyOrThrow({ status: 409, retryAfterMs: undefined, body }),
    (error) =>
      error instanceof KubeError &&
      error.code === 'CONFLICT' &&
      error.message === 'the object has been modified',
  );
});

test('an object that exists already is told from one that has changed', () => {
  const exists = answer(409, { reason: 'AlreadyExists' });
  assert.ok(exists.kind === 'conflict' && exists.alreadyExists);
  const changed = answer(409, { reason: 'Conflict' });
  assert.ok(changed.kind === 'conflict' && !changed.alreadyExists);
});

test('a 422 names the fields that the server found wrong; another refusal names none', () => {
  const causes = [
    { reason: 'FieldValueInvalid', message: 'field is immutable', field: 'metadata.uid' },
    {},
    7,
  ];
  const body = JSON.stringify({ kind: 'Status', reason: 'Invalid', message: 'no', details: { causes } });
  const invalid = classify({ status: 422, retryAfterMs: undefined, body });
  assert.deepEqual(invalid.kind === 'invalid' && invalid.fields, ['metadata.uid']);
  const denied = classify({
    status: 400,
    retryAfterMs: undefined,
    body: 'admission webhook denied the request',
  });
  assert.deepEqual(denied.kind === 'invalid' && denied.fields, []);
});

test('RBAC’s sentence gives verb and resource; without it the details give the resource', () => {
  const message =
    'x is forbidden: User "u" cannot patch resource "pods/status" in API group "" in the namespace "n"';
  const denied = answer(403, { message, details: { kind: 'pods' } });
  assert.ok(denied.kind === 'forbidden');
  assert.deepEqual([denied.verb, denied.resource], ['patch', 'pods/status']);
  const webhook = answer(403, {
    message: 'admission webhook denied',
    details: { kind: 'leases', group: 'coordination.k8s.io' },
  });
  assert.ok(webhook.kind === 'forbidden');
  assert.deepEqual([webhook.verb, webhook.resource], [undefined, 'leases.coordination.k8s.io']);
});

test('the header says when to come back, else the details', () => {
  const both = answer(429, { details: { retryAfterSeconds: 9 } }, 2_000);
  assert.ok(both.kind === 'tooManyRequests' && both.retryAfterMs === 2_000);
  const detailsOnly = answer(503, { details: { retryAfterSeconds: 9 } });
  assert.ok(detailsOnly.kind === 'serverError' && detailsOnly.retryAfterMs === 9_000);
});

test('a version that the server has not reached is as gone as one that it has forgotten', () => {
  const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] };
  assert.equal(answer(504, { reason: 'Timeout', details }).kind, 'gone');
});
