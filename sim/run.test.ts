/** What a run promises: it is a function of its seed, and nothing of the machine gets into it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertGolden } from '../test/golden.ts';
import { walledOff } from './guard.ts';
import { runPlan, runSeed } from './run.ts';
import { faultKinds } from './swarm/fault-kinds.ts';
import { knownPlans } from './swarm/known-plans.ts';
import { drawPlan, type WorldPlan } from './swarm/plan.ts';
import { shrink } from './swarm/shrink.ts';

/** Small, with faults of several kinds. */
const seed = 4;

test('two runs of one seed have the same journal, byte for byte', async () => {
  const first = await runSeed(seed, true);
  const second = await runSeed(seed, true);
  assert.ok(first.journal.length > 50);
  assert.deepEqual(second.journal, first.journal);
  assert.equal(second.digest, first.digest);
  const other = await runSeed(seed + 1);
  assert.notEqual(other.digest, first.digest);
});

test('the journal of a seed is what it was: a change of it is a change of behaviour, to be looked at', async () => {
  const { digest, violations } = await runSeed(seed);
  assert.deepEqual(violations, []);
  assertGolden(new URL('golden/seed.txt', import.meta.url), `seed ${seed}: ${digest}\n`);
});

describe('inside a run', () => {
  const escapes: { readonly [what: string]: () => unknown } = {
    'a timer': () => setTimeout(() => undefined, 1),
    'the time of day': () => Date.now(),
    'a date of now': () => new Date(),
    'a monotonic clock': () => performance.now(),
    chance: () => Math.random(),
    'a random identity': () => crypto.randomUUID(),
  };
  for (const [what, breakOut] of Object.entries(escapes)) {
    test(`${what} is not to be had, and the error says why`, async () => {
      await walledOff(async () => {
        assert.throws(breakOut, /inside a simulation: there is only the world's clock, chance and network/);
      });
      assert.doesNotThrow(breakOut);
    });
  }

  test('a date of a given time is arithmetic', () =>
    walledOff(async () => {
      assert.equal(new Date(0).toISOString(), '1970-01-01T00:00:00.000Z');
    }));
});

test('a plan is drawn from its seed alone', () => {
  assert.deepEqual(drawPlan(77), drawPlan(77));
});

test('every kind of fault is drawn within a few thousand seeds', () => {
  const drawn = new Set<string>();
  for (let each = 1; each <= 3_000; each++) for (const { kind } of drawPlan(each).faults) drawn.add(kind);
  assert.deepEqual([...drawn].sort(), [...faultKinds].sort());
});

test('shrinking keeps what is needed to fail and takes the rest away', async () => {
  const plans = Array.from({ length: 100 }, (_, seed) => drawPlan(seed));
  const plan = plans.find(({ faults, singletons }) => faults.length > 1 && singletons.length > 1);
  assert.ok(plan !== undefined);
  const [needed] = plan.faults;
  assert.ok(needed !== undefined);
  const stillFails = async ({ faults }: WorldPlan) => faults.includes(needed);
  const smallest = await shrink(plan, stillFails);
  assert.deepEqual(smallest.faults, [needed]);
  assert.equal(smallest.singletons.length, 1);
  assert.equal(smallest.nodes, 2);
});

test('a world in which nothing happens holds every guarantee', async () => {
  const { violations } = await runPlan({ ...drawPlan(3), faults: [] });
  assert.deepEqual(violations, []);
});

describe('a plan that once broke a guarantee', () => {
  for (const { name, found, plan } of knownPlans())
    test(`holds: ${name}`, async () => {
      assert.match(found, /^[A-Z].+\.$/);
      assert.deepEqual((await runPlan(plan)).violations, []);
    });
});
