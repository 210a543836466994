import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFaultRequest, FaultRequestError } from './decode-fault.ts';

test('a crash is by SIGKILL, in namespace default, unless it says otherwise', () => {
  const request = { kind: 'crash', namespace: 'default', pod: 'p', container: undefined, signal: 'SIGKILL' };
  assert.deepEqual(decodeFaultRequest('{"kind": "crash", "pod": "p"}'), request);
  const other = decodeFaultRequest(
    '{"kind": "crash", "pod": "p", "namespace": "n", "container": "c", "signal": "SIGSEGV"}',
  );
  assert.deepEqual(other, { kind: 'crash', namespace: 'n', pod: 'p', container: 'c', signal: 'SIGSEGV' });
});

test('failing writes are limited by number or time, and may be picked', () => {
  const text =
    '{"kind": "failWrites", "failure": "timeout", "count": 2, "resource": "leases", "verb": "update"}';
  assert.deepEqual(decodeFaultRequest(text), {
    kind: 'failWrites',
    failure: 'timeout',
    limits: { count: 2 },
    filter: { resource: 'leases', verb: 'update' },
  });
});

const refused = [
  ['not JSON', '{', /not JSON/],
  ['no object', '[1]', /a JSON object is expected/],
  ['no kind', '{}', /kind: a name is expected/],
  ['an unknown kind', '{"kind": "flood"}', /no fault "flood"; there are crash,/],
  ['a crash of nobody', '{"kind": "crash"}', /pod: a name is expected/],
  ['a signal that is none', '{"kind": "crash", "pod": "p", "signal": "9"}', /signal: one of SIGKILL,/],
  ['a negative time', '{"kind": "stopApi", "durationMs": -1}', /durationMs: a number is expected/],
  ['writes that fail for ever', '{"kind": "failWrites"}', /needs count or durationMs/],
  [
    'another failure',
    '{"kind": "failWrites", "count": 1, "failure": 418}',
    /failure: one of 500, 503, timeout/,
  ],
] as const;

for (const [name, body, message] of refused) {
  test(`refused with a reason: ${name}`, () => {
    assert.throws(
      () => decodeFaultRequest(body),
      (error) => error instanceof FaultRequestError && message.test(error.message),
    );
  });
}
