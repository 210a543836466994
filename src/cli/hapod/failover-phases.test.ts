import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { failoverPhases, phaseNames } from './failover-phases.ts';

const controller = {
  lateness: undefined,
  decide: 0.25,
  record: 3,
  fence: 2,
  route: 4,
  notify: 1,
  total: 9.25,
};

describe('the phases of a failover as its client saw it', () => {
  test("the kubelet's lateness is a phase of its own, and the phases add up to the total", () => {
    const phases = failoverPhases(
      { struckAtMs: 1000, reportedAtMs: 1400, answeredAtMs: 1420 },
      1401,
      controller,
    );
    assert.deepEqual(phases, {
      kubelet: 400,
      decide: 1.25,
      record: 3,
      fence: 2,
      route: 4,
      answer: 9.75,
      total: 420,
    });
  });

  test('a forced delete needs no kubelet', () => {
    const phases = failoverPhases({ struckAtMs: 1000, reportedAtMs: undefined, answeredAtMs: 1020 }, 1002, {
      ...controller,
      fence: undefined,
    });
    assert.deepEqual([phases.kubelet, phases.decide, phases.fence], [undefined, 2.25, undefined]);
  });

  test('phases add up to the total whatever the clocks say', () => {
    const ms = fc.double({ min: 0, max: 2_000, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, ms, (reported, answered, seen, phase) => {
        const phases = failoverPhases(
          { struckAtMs: 0, reportedAtMs: reported, answeredAtMs: answered },
          seen,
          { ...controller, decide: phase, record: phase },
        );
        const sum = phaseNames.reduce((total, name) => total + (phases[name] ?? 0), 0);
        assert.ok(Math.abs(sum - phases.total) < 1e-6);
        assert.ok(phaseNames.every((name) => (phases[name] ?? 0) >= 0));
      }),
    );
  });
});
