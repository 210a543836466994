/* Owns the tests of the moment by which a backup controller acts later than the active one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { after, type MonotonicMs } from '../time/clock.ts';
import type { Effect } from './decision.ts';
import { holdBack } from './hold-back.ts';
import { type Epoch, podUid } from './identity.ts';
import { limits } from './limits.ts';

const now = 5_000 as MonotonicMs;
const pod = { uid: podUid('uid-a'), name: 'a' };

function labelled(resourceVersion: string, epoch = 1): Effect {
  return { kind: 'label-pod', pod, resourceVersion, role: 'active', epoch: epoch as Epoch };
}

test('the active controller acts at once', () => {
  assert.deepEqual(holdBack('active', { effects: [labelled('1')] }, undefined, now), { kind: 'act' });
});

test('nobody acts where nothing is due', () => {
  assert.deepEqual(holdBack('backup', { effects: [] }, undefined, now), { kind: 'nothing' });
});

test('a backup waits, and acts when the same need is still there after the delay', () => {
  const first = holdBack('backup', { effects: [labelled('1')] }, undefined, now);
  assert.equal(first.kind, 'wait');
  assert.ok(first.kind === 'wait');
  assert.equal(first.until, now + limits.backupDelayMs);
  const early = holdBack(
    'backup',
    { effects: [labelled('2')] },
    first.pending,
    after(now, limits.backupDelayMs - 1),
  );
  assert.equal(early.kind, 'wait');
  const due = holdBack('backup', { effects: [labelled('2')] }, first.pending, first.until);
  assert.deepEqual(due, { kind: 'act' });
});

test('another need begins to wait anew: the active controller is at work', () => {
  const first = holdBack('backup', { effects: [labelled('1')] }, undefined, now);
  assert.ok(first.kind === 'wait');
  const next = holdBack('backup', { effects: [labelled('1', 2)] }, first.pending, first.until);
  assert.ok(next.kind === 'wait');
  assert.equal(next.until, first.until + limits.backupDelayMs);
});
