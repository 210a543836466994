import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Attempt, failedCount, longestGapMs } from './attempt.ts';

const answered = (endedAtMs: number): Attempt => ({
  startedAtMs: endedAtMs - 1,
  endedAtMs,
  outcome: { kind: 'answered', line: 'a' },
});
const failed = (endedAtMs: number): Attempt => ({
  startedAtMs: endedAtMs - 1,
  endedAtMs,
  outcome: { kind: 'failed', code: 'ECONNREFUSED' },
});

describe('what a client saw', () => {
  test('a gap is the longest time between two answers, whatever failed in between', () => {
    const attempts = [answered(10), answered(15), failed(20), failed(25), answered(42), answered(47)];
    assert.equal(longestGapMs(attempts, 0, 100), 27);
    assert.equal(failedCount(attempts, 0, 100), 2);
  });

  test('attempts that ended out of order are put in order first', () => {
    assert.equal(longestGapMs([answered(30), answered(10), answered(20)], 0, 100), 10);
  });

  test('only what ended within the window counts', () => {
    const attempts = [answered(10), answered(50), answered(55), answered(99), failed(60), failed(120)];
    assert.equal(longestGapMs(attempts, 40, 60), 5);
    assert.equal(failedCount(attempts, 40, 60), 1);
  });

  test('fewer than two answers are no gap', () => {
    assert.equal(longestGapMs([failed(10), answered(20), failed(30)], 0, 100), undefined);
  });
});
