import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { summarize } from '../../bench/statistics.ts';

describe('summing up measurements', () => {
  test('nothing measured is no summary', () => assert.equal(summarize([]), undefined));

  test('percentiles are by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    assert.deepEqual(summarize(hundred), { count: 100, min: 1, p50: 50, p99: 99, max: 100 });
    assert.deepEqual(summarize([7]), { count: 1, min: 7, p50: 7, p99: 7, max: 7 });
  });

  test('every figure is one of the samples, and they are in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (samples) => {
        const summary = summarize(samples);
        assert.ok(summary !== undefined);
        const figures = [summary.min, summary.p50, summary.p99, summary.max];
        assert.ok(figures.every((figure) => samples.includes(figure)));
        assert.deepEqual(
          figures,
          figures.toSorted((left, right) => left - right),
        );
      }),
    );
  });
});
