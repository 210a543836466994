import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attempt } from '../../../src/cli/steady-client/attempt.ts';
import { Story } from './story.ts';
import { turnProblems, turnsOf } from './turns.ts';

const answered = (pod: string, startedAtMs: number, endedAtMs = startedAtMs + 1): Attempt => ({
  startedAtMs,
  endedAtMs,
  outcome: { kind: 'answered', line: `${pod} active, last datagram: none yet` },
});
const refused = (startedAtMs: number): Attempt => ({
  startedAtMs,
  endedAtMs: startedAtMs + 1,
  outcome: { kind: 'failed', code: 'ECONNREFUSED' },
});

const moved = new Story().record(1, 'a').record(2, 'b').history.records;

describe('the check of G2 from what clients saw', () => {
  test('finds nothing where one pod answers after the other', () => {
    const attempts = [answered('a', 0), answered('a', 2), refused(4), answered('b', 6), answered('b', 8)];
    assert.deepEqual(turnProblems(attempts, moved), []);
  });

  test('takes no answer for one that came back when its attempt began before the other was heard', () => {
    const attempts = [answered('a', 0), answered('b', 4, 5), answered('a', 3, 9), answered('b', 8, 10)];
    assert.deepEqual(turnsOf(attempts), [
      { pod: 'a', fromMs: 1 },
      { pod: 'b', fromMs: 5 },
    ]);
    assert.deepEqual(turnProblems(attempts, moved), []);
  });

  test('finds the old one that answers again', () => {
    const attempts = [answered('a', 0), answered('b', 4), answered('a', 6), answered('b', 8)];
    assert.deepEqual(turnProblems(attempts, moved), [
      'a answered in 2 turns and was holder in 1 epochs: a, b, a, b',
      'b answered in 2 turns and was holder in 1 epochs: a, b, a, b',
    ]);
  });

  test('lets a pod answer again that has got the role again', () => {
    const back = new Story().record(1, 'a').record(2, 'b').record(3, 'a').history.records;
    assert.deepEqual(turnProblems([answered('a', 0), answered('b', 4), answered('a', 6)], back), []);
  });

  test('counts the epochs of a slice of ours as those of a Lease', () => {
    const direct = new Story().directRecord(1, 'a').directRecord(2, 'b').history.records;
    const attempts = [answered('a', 0), answered('b', 4), answered('a', 6)];
    assert.deepEqual(turnProblems(attempts.slice(0, 2), direct), []);
    assert.match(turnProblems(attempts, direct).join(), /a answered in 2 turns and was holder in 1 epochs/);
  });

  test('finds one that answers and was never holder', () => {
    assert.match(turnProblems([answered('c', 0)], moved).join(), /c answered in 1 turns .* 0 epochs/);
  });
});
