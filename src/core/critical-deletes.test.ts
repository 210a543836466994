/* Owns the tests of the back-off of the critical-container rule. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { after, type MonotonicMs } from '../time/clock.ts';
import {
  type CriticalDeletes,
  countDeath,
  countDelete,
  noCriticalDeletes,
  permitDelete,
} from './critical-deletes.ts';

const start = 1_000 as MonotonicMs;

/** Deletes as soon as it is permitted, `times` times, and returns the waits in seconds before each. */
function waitsOf(times: number): {
  readonly waits: readonly number[];
  readonly deletes: CriticalDeletes;
  now: MonotonicMs;
} {
  let deletes = noCriticalDeletes;
  let now = start;
  const waits: number[] = [];
  for (let made = 0; made < times; made++) {
    const permission = permitDelete(deletes, now);
    assert.notEqual(permission.kind, 'stopped');
    const until = permission.kind === 'held-back' ? permission.until : now;
    waits.push((until - now) / 1_000);
    now = until;
    deletes = countDelete(countDeath(deletes, now), now);
  }
  return { waits, deletes, now };
}

test('deletes of one singleton back off 0, 1, 2, 4 … 256, 300 s, whichever pod they are of', () => {
  assert.deepEqual(waitsOf(11).waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
});

test("after the longest delay the kubelet's own restarts are left alone", () => {
  const { deletes, now } = waitsOf(11);
  assert.equal(permitDelete(deletes, after(now, 400_000)).kind, 'stopped');
});

test('a death that was left alone keeps the bout going', () => {
  const { deletes, now } = waitsOf(11);
  const later = countDeath(deletes, after(now, 500_000));
  assert.equal(permitDelete(later, after(now, 1_000_000)).kind, 'stopped');
});

test('ten minutes without a death end the bout', () => {
  const { deletes, now } = waitsOf(11);
  assert.equal(permitDelete(deletes, after(now, 600_000)).kind, 'now');
  assert.equal(countDelete(deletes, after(now, 600_000)).count, 1);
});
