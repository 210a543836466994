import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attempt } from '../steady-client/attempt.ts';
import { TakeoverLog } from './takeover-log.ts';

const answered = (pod: string, endedAtMs: number): Attempt => ({
  startedAtMs: endedAtMs - 1,
  endedAtMs,
  outcome: { kind: 'answered', line: `${pod} active, last datagram: none yet` },
});
const failed = (endedAtMs: number): Attempt => ({
  startedAtMs: endedAtMs - 1,
  endedAtMs,
  outcome: { kind: 'failed', code: 'ECONNREFUSED' },
});

describe('takeovers as a client sees them', () => {
  test('another pod that answers is a takeover, with the time in which nobody did', () => {
    const log = new TakeoverLog();
    assert.deepEqual(log.add([answered('a', 10), answered('a', 15), failed(20)]), []);
    assert.deepEqual(log.add([failed(25), answered('b', 42), answered('b', 47)]), [
      { from: 'a', to: 'b', gapMs: 27 },
    ]);
  });

  test('a pod that answers again after a pause is none', () => {
    assert.deepEqual(new TakeoverLog().add([answered('a', 10), failed(20), answered('a', 300)]), []);
  });
});
