/*
 * Holds the two readings of one definition together: the API server's, as the sandbox has it, and the program's own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../sandbox/api/api-error.ts';
import { resourceTypes } from '../sandbox/api/resource-types.ts';
import { Store } from '../sandbox/api/store.ts';
import { SeededRandom, SimulatedClock } from '../time/simulated-clock.ts';
import { conform, transitionProblems } from './conform.ts';
import { singletonDefinition } from './custom-resource-definition.ts';
import { decodeSingleton } from './decode-singleton.ts';
import { specDefinition } from './singleton-definition.ts';

const metadata = { name: 'a', namespace: 'default' };
const identity = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

/** Mostly what belongs there, sometimes what does not. */
function mostly<T>(good: fc.Arbitrary<T>, ...bad: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: good },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(null, 'text', 7, 1.5, true, [], {}, ['x', null], ...bad),
    },
  );
}

const port = mostly(fc.integer({ min: 1, max: 65_535 }), 0, 65_536, -1);
const label = mostly(fc.constantFrom('hapod', '', 'A_1.b', 'x'.repeat(63)), 'x'.repeat(64), '-a', 'a b', 'ä');
const key = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom('app', 'tier', 'example.com/tier', 'a.b_c', `x/${'k'.repeat(63)}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('role', 'a b', '/a', 'a/', `${'k'.repeat(64)}`, '', 'Ä', 'x/y/z', '-'),
  },
);
const name = mostly(fc.constantFrom('main', 'side-car', 'a', 'x'.repeat(63)), 'Main', '', 'x'.repeat(64));
const seconds = mostly(fc.integer({ min: 0, max: 86_400 }), -1, 86_401);

const spec = fc.record(
  {
    selector: mostly(
      fc.record({ matchLabels: mostly(fc.dictionary(key, label, { minKeys: 1, maxKeys: 4 })) }),
    ),
    service: name,
    critical: mostly(
      fc.record({ containers: mostly(fc.array(name, { maxLength: 4 })) }, { requiredKeys: [] }),
    ),
    notify: mostly(
      fc.record(
        {
          udp: mostly(
            fc.record(
              { port, format: mostly(fc.constantFrom('ancestor', 'json'), 'xml') },
              { requiredKeys: ['port'] },
            ),
          ),
          http: mostly(
            fc.record({ port, path: mostly(fc.constantFrom('/', '/role', '/a?b=c'), 'role', '/a b', '/#') }),
          ),
        },
        { requiredKeys: [] },
      ),
    ),
    safety: mostly(fc.constantFrom('Prompt', 'Strict'), 'Foo'),
    onDemote: mostly(fc.constantFrom('Restart', 'Notify'), 'Foo'),
    stepDownMs: mostly(fc.integer({ min: 50, max: 60_000 }), 49, 60_001),
    tripwire: mostly(fc.record({ port })),
    promotionGate: mostly(fc.constantFrom('Warm', 'example.com/warm'), 'a b', ''),
    minFailoverIntervalSeconds: seconds,
    drainTimeoutSeconds: seconds,
    paused: mostly(fc.boolean()),
    minEpoch: mostly(fc.integer({ min: 0, max: 2_000_000_000 }), -1, 2_000_000_001),
    unheard: fc.constantFrom<unknown>(1, null, {}),
  },
  { requiredKeys: ['selector'] },
);

/** Nothing but what may be asked for: a change is judged where both sides of it are sound. */
const soundSpec = fc.record(
  {
    selector: fc.record({
      matchLabels: fc.dictionary(fc.constantFrom('app', 'tier', 'x/y'), fc.constantFrom('a', 'b', ''), {
        minKeys: 1,
        maxKeys: 2,
      }),
    }),
    service: fc.constantFrom('one', 'two', null),
    critical: fc.constantFrom({}, { containers: ['main'] }),
    safety: fc.constantFrom('Prompt', 'Strict', null),
    paused: fc.boolean(),
    minEpoch: fc.nat({ max: 9 }),
  },
  { requiredKeys: ['selector'] },
);

const change = fc
  .record({ before: soundSpec, after: soundSpec, sameMembers: fc.boolean() })
  .map(({ before, after, sameMembers }) => ({
    before,
    after: sameMembers ? { ...after, selector: before.selector } : after,
  }));

const store = new Store({ clock: new SimulatedClock(), random: new SeededRandom(1) });
store.create(resourceTypes.customresourcedefinitions, singletonDefinition);
const type = store.types.byPath('understudy.dev/v1alpha1', 'singletons');
assert.ok(type !== undefined);

/** The spec as the API keeps it; the refusal where it keeps nothing. */
function kept(input: unknown): { readonly spec: unknown } | ApiError {
  assert.ok(type !== undefined);
  try {
    return { spec: store.create(type, { metadata, spec: input }, { dryRun: true }).spec };
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

test('the API and the decoder accept the same specs, and fill in the same defaults', () => {
  let accepted = 0;
  fc.assert(
    fc.property(spec, (input) => {
      const api = kept(input);
      const own = decodeSingleton({ metadata: { ...metadata, ...identity }, spec: input });
      if (api instanceof ApiError) {
        assert.equal(own.kind, 'invalid', api.message);
        return;
      }
      accepted++;
      assert.equal(own.kind, 'singleton', own.kind === 'invalid' ? own.problems.join('; ') : '');
      // What the API keeps is what the decoder makes of it: nothing more, nothing less.
      assert.deepEqual(api.spec, conform(specDefinition, input, 'spec').value);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(accepted > 300, `only ${accepted} specs were accepted: the property is about refusals alone`);
});

test('the API and the decoder allow the same changes', () => {
  const seen = { allowed: 0, refused: 0 };
  fc.assert(
    fc.property(change, ({ before, after }) => {
      assert.ok(type !== undefined);
      const created = store.create(type, { metadata, spec: before });
      try {
        const [old, now] = [before, after].map((each) => conform(specDefinition, each, 'spec').value);
        const isAllowed = transitionProblems(specDefinition, old, now, 'spec').length === 0;
        const write = () => store.update(type, { metadata: created.metadata, spec: after }, { dryRun: true });
        if (isAllowed) write();
        else assert.throws(write, ApiError);
        seen[isAllowed ? 'allowed' : 'refused']++;
      } finally {
        store.delete(type, 'default', 'a');
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(seen.allowed > 100 && seen.refused > 100, JSON.stringify(seen));
});
