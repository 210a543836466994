import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { badCases, changeCases, goodCases } from '../../test/conformance/singleton-cases.ts';
import { DecodeError } from '../kube/decode.ts';
import { conform, transitionProblems } from './conform.ts';
import { type DecodedSingleton, decodeSingleton } from './decode-singleton.ts';
import { limits } from './limits.ts';
import type { SingletonSpec } from './singleton.ts';
import { specDefinition } from './singleton-definition.ts';

const metadata = {
  namespace: 'default',
  name: 'hapod',
  uid: 'u1',
  resourceVersion: '7',
  generation: 3,
  creationTimestamp: '2026-01-01T00:00:00Z',
  annotations: { 'understudy.dev/note': 'x' },
};

function decoded(spec: unknown, name = 'hapod'): DecodedSingleton {
  return decodeSingleton({ metadata: { ...metadata, name }, spec });
}

function specOf(spec: unknown): SingletonSpec {
  const result = decoded(spec);
  assert.equal(result.kind, 'singleton', JSON.stringify(result));
  return result.object.spec;
}

describe('a Singleton is accepted that', () => {
  for (const { title, spec } of goodCases) {
    test(title, () => {
      assert.equal(decoded(spec).kind, 'singleton');
    });
  }
});

describe('a Singleton is refused, by the field at fault, that', () => {
  for (const { title, spec, name, field } of badCases) {
    test(title, () => {
      const result = decoded(spec, name);
      assert.equal(result.kind, 'invalid');
      assert.deepEqual(
        result.problems.map((problem) => problem.slice(0, problem.indexOf(': '))),
        [field],
      );
    });
  }
});

describe('of a change of a Singleton', () => {
  for (const { title, before, after, field } of changeCases) {
    test(title, () => {
      const [old, now] = [before, after].map((spec) => conform(specDefinition, spec, 'spec').value);
      const problems = transitionProblems(specDefinition, old, now, 'spec');
      assert.deepEqual(
        problems.map((problem) => problem.slice(0, problem.indexOf(': '))),
        field === undefined ? [] : [field],
      );
    });
  }
});

test('what is left out has its default', () => {
  assert.deepEqual(specOf({ selector: { matchLabels: { app: 'hapod' } } }), {
    matchLabels: { app: 'hapod' },
    service: undefined,
    criticalContainers: [],
    notify: { udp: undefined, http: undefined },
    safety: 'Prompt',
    onDemote: 'Restart',
    stepDownMs: 1_000,
    tripwirePort: undefined,
    promotionGate: undefined,
    minFailoverIntervalSeconds: 10,
    drainTimeoutSeconds: 300,
    paused: false,
    minEpoch: 0,
  });
});

test('what is said is read', () => {
  const everything = goodCases[1]?.spec;
  assert.deepEqual(specOf(everything), {
    matchLabels: { app: 'hapod', 'example.com/tier': 'A_1.b', empty: '' },
    service: 'myhaservice',
    criticalContainers: ['main', 'side-car'],
    notify: { udp: { port: 10_001, format: 'json' }, http: { port: 8081, path: '/role' } },
    safety: 'Strict',
    onDemote: 'Notify',
    stepDownMs: 1_500,
    tripwirePort: 8080,
    promotionGate: 'example.com/warmed-up',
    minFailoverIntervalSeconds: 0,
    drainTimeoutSeconds: 86_400,
    paused: true,
    minEpoch: 57,
  });
});

test('a datagram is of the format of the ancestor where none is said', () => {
  const { notify } = specOf({ selector: { matchLabels: { app: 'a' } }, notify: { udp: { port: 5 } } });
  assert.deepEqual(notify.udp, { port: 5, format: 'ancestor' });
});

test('fields that are not known are left out, and refuse nothing', () => {
  const spec = specOf({ selector: { matchLabels: { app: 'a' }, matchExpressions: [] }, unheard: 1 });
  assert.deepEqual(spec, specOf({ selector: { matchLabels: { app: 'a' } } }));
});

test('a refused one still says who it is, and what its status was', () => {
  const status = { epoch: 5, conditions: [{ type: 'Accepted', status: 'True' }] };
  const result = decodeSingleton({
    metadata: { ...metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
    spec: {},
    status,
  });
  assert.equal(result.kind, 'invalid');
  const { status: read, ...head } = result.head;
  assert.deepEqual(head, {
    namespace: 'default',
    name: 'hapod',
    uid: 'u1',
    resourceVersion: '7',
    generation: 3,
    createdAtMs: Date.parse('2026-01-01T00:00:00Z'),
    annotations: { 'understudy.dev/note': 'x' },
    deletionTimestamp: '2026-01-02T00:00:00Z',
  });
  assert.equal(read?.epoch, 5);
});

test('all problems are told at once, each once, in few words, and not more than a person reads', () => {
  const result = decoded({ selector: {}, safety: 'x'.repeat(10_000), stepDownMs: 0, paused: 1 });
  assert.equal(result.kind, 'invalid');
  assert.deepEqual(
    result.problems.map((problem) => problem.split(':')[0]),
    ['spec.selector.matchLabels', 'spec.safety', 'spec.stepDownMs', 'spec.paused'],
  );
  for (const problem of result.problems) assert.ok(problem.length < 200, problem);
  const labels = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'a b']));
  const many = decoded({ selector: { matchLabels: labels }, safety: 'Foo', paused: 1 });
  assert.equal(many.kind === 'invalid' && many.problems.length, limits.problemsMax);
});

test('a problem says what was expected', () => {
  const result = decoded({
    selector: { matchLabels: { app: 'a' } },
    safety: 'Foo',
    tripwire: { port: 70_000 },
  });
  assert.deepEqual(result.kind === 'invalid' && result.problems, [
    'spec.safety: expected Prompt or Strict, got "Foo"',
    'spec.tripwire.port: expected 1 to 65535, got 70000',
  ]);
});

test('what has no name or UID is no Singleton at all', () => {
  assert.throws(() => decodeSingleton({ metadata: { name: 'a' }, spec: {} }), DecodeError);
  assert.throws(() => decodeSingleton('a'), DecodeError);
});

test('labels and fields with the names of inherited ones are only what they say', () => {
  const raw = JSON.parse(
    '{"selector":{"matchLabels":{"__proto__":"x","constructor":"y"}},"__proto__":{"safety":"Foo"}}',
  );
  const result = decoded(raw);
  // A key may not begin with an underscore; that it is seen at all is what counts.
  assert.deepEqual(result.kind === 'invalid' && result.problems.length, 1);
  assert.deepEqual(specOf({ selector: { matchLabels: { constructor: 'y' } } }).matchLabels, {
    constructor: 'y',
  });
});
