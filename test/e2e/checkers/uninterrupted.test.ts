import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attempt, Outcome } from '../../../src/cli/steady-client/attempt.ts';
import { interruptionProblems, unansweredAttempts } from './uninterrupted.ts';

const attempt = (startedAtMs: number, outcome: Outcome): Attempt => ({
  startedAtMs,
  endedAtMs: startedAtMs + 1,
  outcome,
});
const answerOf = (pod: string): Outcome => ({ kind: 'answered', line: `${pod} active` });
const window = { fromMs: 10, untilMs: 20, pod: 'a' };

describe('the check of G6, controllers do not matter', () => {
  test('finds nothing where the active answers everybody', () => {
    const attempts = [attempt(5, answerOf('z')), attempt(12, answerOf('a')), attempt(18, answerOf('a'))];
    assert.deepEqual(interruptionProblems(attempts, window), []);
  });

  test('finds one failed attempt among many, by its code', () => {
    const attempts = [attempt(12, answerOf('a')), attempt(14, { kind: 'failed', code: 'TIMEOUT' })];
    assert.deepEqual(interruptionProblems(attempts, window), [
      '1 of 2 attempts failed with TIMEOUT',
      'TIMEOUT from 4 to 5 ms',
    ]);
  });

  test('finds an answer of somebody else', () => {
    assert.deepEqual(interruptionProblems([attempt(12, answerOf('b'))], window), ['b answered, not a']);
  });

  test('is not content where nobody asked', () => {
    assert.deepEqual(interruptionProblems([attempt(30, answerOf('a'))], window), ['no client asked']);
  });
});

test('what was not answered is told with its times, what ended before or after the window is not', () => {
  const lost: Outcome = { kind: 'failed', code: 'TIMEOUT' };
  const attempts = [attempt(5, lost), attempt(12, answerOf('a')), attempt(14, lost), attempt(25, lost)];
  assert.deepEqual(unansweredAttempts(attempts, window), ['TIMEOUT from 4 to 5 ms']);
});
