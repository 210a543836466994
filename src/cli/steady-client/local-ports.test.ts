import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cycleThrough } from './local-ports.ts';

test('a port is used again when all others have been', () => {
  const next = cycleThrough({ from: 100, to: 103 }, () => 0.5);
  assert.deepEqual(Array.from({ length: 9 }, next), [102, 103, 100, 101, 102, 103, 100, 101, 102]);
});
