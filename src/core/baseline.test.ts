/* Owns the tests of the containers' memory: which changes of a status are deaths, and which are not. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { MonotonicMs } from '../time/clock.ts';
import { type Baseline, observeContainers } from './baseline.ts';
import type { Container } from './member.ts';

const now = 1_000 as MonotonicMs;

const running: Container = {
  name: 'main',
  critical: true,
  state: 'running',
  ready: true,
  containerId: 'containerd://one',
  lastEndedContainerId: undefined,
  restartCount: 0,
};
const created: Container = { ...running, state: 'waiting', ready: false, containerId: undefined };
const ended: Container = { ...running, state: 'terminated', ready: false };
const backingOff: Container = { ...ended, state: 'waiting', lastEndedContainerId: 'containerd://one' };
const second: Container = {
  ...running,
  containerId: 'containerd://two',
  lastEndedContainerId: 'containerd://one',
  restartCount: 1,
};
const third: Container = { ...second, containerId: 'containerd://three', restartCount: 2 };

function observe(...sights: readonly Container[]): Baseline {
  const last = sights.reduce<Baseline | undefined>(
    (before, sight) => observeContainers(before, [sight], now),
    undefined,
  );
  assert.ok(last);
  return last;
}

const deaths: readonly [string, readonly Container[], string][] = [
  ['seen terminated', [running, ended], 'terminated'],
  ['seen waiting to be restarted', [running, backingOff], 'lastState'],
  ['restarted between two sights', [running, second], 'restartCount'],
  ['restarted without a count', [running, { ...second, restartCount: 0 }], 'containerID'],
  [
    'known only from lastState',
    [running, { ...second, restartCount: 0, containerId: undefined }],
    'lastState',
  ],
  ['started and ended between two sights', [created, ended], 'terminated'],
  ['started, ended and backing off between two sights', [created, backingOff], 'lastState'],
  ['restarted twice since it was first seen ended', [ended, third], 'restartCount'],
  [
    'first seen ended, then started and ended unseen',
    [ended, { ...second, state: 'terminated' }],
    'terminated',
  ],
];

for (const [what, sights, sign] of deaths) {
  test(`a critical container ${what} has died (${sign})`, () => {
    assert.deepEqual(observe(...sights).death, { container: 'main', sign, at: now });
  });
}

const lives: readonly [string, readonly Container[]][] = [
  ['seen running for the first time, whatever its count', [third]],
  ['seen ended for the first time', [ended]],
  ['seen waiting for its first start', [created, running]],
  ['first seen ended, then started again', [ended, second]],
  ['first seen backing off, then started again', [backingOff, second]],
  ['seen twice in the same state', [running, running, { ...running, ready: false }]],
];

for (const [what, sights] of lives) {
  test(`a critical container ${what} has not died`, () => {
    assert.equal(observe(...sights).death, undefined);
  });
}

test('a container that is not critical never counts', () => {
  const ordinary = { critical: false };
  assert.equal(
    observe({ ...running, ...ordinary }, { ...ended, ...ordinary }, { ...third, ...ordinary }).deaths,
    0,
  );
});

test('a death stays known after the restart, and a second one is counted', () => {
  const once = observe(running, ended, second);
  assert.deepEqual([once.deaths, once.death?.sign], [1, 'terminated']);
  assert.equal(observe(running, ended, second, { ...second, state: 'terminated' }).deaths, 2);
});
