import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { machineNowMs, machineTimeOfWallMs } from './machine-time.ts';

describe('the machine time of a wall-clock time', () => {
  test('is the same each time it is asked for: what happened in one order is told in it', () => {
    const wallMs = Date.now();
    const times = new Set(Array.from({ length: 1_000 }, () => machineTimeOfWallMs(wallMs)));
    assert.equal(times.size, 1);
  });

  test('lies between the looks at the clock before and after it', () => {
    const before = machineNowMs();
    const time = machineTimeOfWallMs(performance.timeOrigin + performance.now());
    // Floating point: milliseconds since 1970 have a quarter of a microsecond.
    assert.ok(time > before - 0.001 && time < machineNowMs() + 0.001, `${before} ${time}`);
  });
});
