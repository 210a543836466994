import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, type MonotonicMs } from '../../time/clock.ts';
import { countResult, type ProbeCount } from './probe-loop.ts';
import { freshBackoff, restartDelay, restarted } from './restart-backoff.ts';

const zero = 0 as MonotonicMs;

test('restarts wait 0, 10, 20, 40, 80, 160, 300, 300 s', () => {
  let backoff = freshBackoff;
  let now = zero;
  const waits: number[] = [];
  for (let crash = 0; crash < 8; crash++) {
    const { startAt, delayMs } = restartDelay(backoff, now);
    waits.push(delayMs / 1_000);
    now = startAt;
    backoff = restarted(backoff, now);
  }
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('ten quiet minutes after a restart the next one is immediate again', () => {
  const backoff = restarted(restarted(freshBackoff, zero), zero);
  assert.equal(restartDelay(backoff, after(zero, 600_000)).delayMs, 20_000);
  assert.equal(restartDelay(backoff, after(zero, 600_001)).delayMs, 0);
});

const probe = {
  action: { kind: 'exec', command: ['true'] },
  initialDelayMs: 0,
  periodMs: 1_000,
  timeoutMs: 1_000,
  successThreshold: 2,
  failureThreshold: 3,
} as const;

test('a probe’s verdict changes when enough results in a row agree', () => {
  let count: ProbeCount = { verdict: false, last: undefined, inARow: 0 };
  const verdicts = [true, false, true, true, false, false, true, false, false, false].map((result) => {
    count = countResult(count, result, probe);
    return count.verdict;
  });
  assert.deepEqual(verdicts, [false, false, false, true, true, true, true, true, true, false]);
});
