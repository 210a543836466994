import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MonotonicMs } from '../time/clock.ts';
import { TripwireGuards } from './tripwire-guards-fsm.ts';
import { tripwireLimits } from './tripwire-limits.ts';

const at = (ms: number) => ms as MonotonicMs;
const keys = (count: number) => Array.from({ length: count }, (_, index) => `default/s${index}`);

function guardsOf(count: number): TripwireGuards {
  const guards = new TripwireGuards(tripwireLimits);
  for (const key of keys(count)) guards.accepted(key);
  return guards;
}

describe('refusals from many singletons at once', () => {
  test('are our own network’s from the very first on, where all were lost before it', () => {
    const guards = guardsOf(100);
    for (const key of keys(21)) guards.doubted(key, at(0));
    assert.deepEqual(
      new Set(keys(21).map((key) => guards.weigh(key, at(5)))),
      new Set(['refused-with-many']),
    );
  });

  test('that begin one after the other are counted from the third on', () => {
    const guards = guardsOf(10);
    const weighed = keys(5).map((key, index) => guards.weigh(key, at(10 * index)));
    assert.deepEqual(weighed, ['counts', 'counts', ...Array(3).fill('refused-with-many')]);
  });

  test('are taken one by one where they are no fifth of all', () => {
    const guards = guardsOf(100);
    assert.deepEqual(new Set(keys(20).map((key) => guards.weigh(key, at(0)))), new Set(['counts']));
    assert.equal(guards.weigh('default/s20', at(0)), 'refused-with-many');
  });

  test('are two at most that count, however few singletons there are', () => {
    const guards = guardsOf(2);
    assert.deepEqual(
      keys(2).map((key) => guards.weigh(key, at(0))),
      ['counts', 'counts'],
    );
  });

  test('more than 100 ms apart have nothing to do with each other', () => {
    const guards = guardsOf(5);
    const weighed = keys(5).map((key, index) => guards.weigh(key, at(51 * index)));
    assert.deepEqual(new Set(weighed), new Set(['counts', 'counts']));
  });

  test('do not include those that were accepted again', () => {
    const guards = guardsOf(10);
    for (const key of keys(10)) guards.doubted(key, at(0));
    for (const key of keys(9)) guards.cleared(key);
    assert.equal(guards.weigh('default/s9', at(5)), 'counts');
  });

  test('are a share of those that can be refused: what never accepted is no part of it', () => {
    const guards = guardsOf(3);
    for (const key of keys(1_000)) guards.retargeted(`never/${key}`);
    const weighed = keys(3).map((key) => guards.weigh(key, at(0)));
    assert.equal(weighed[2], 'refused-with-many');
  });
});

describe('a second refusal of one singleton', () => {
  test('does not count until the holder that the first one made has accepted', () => {
    const guards = guardsOf(1);
    assert.equal(guards.weigh('default/s0', at(0)), 'counts');
    guards.retargeted('default/s0');
    assert.equal(guards.weigh('default/s0', at(1_000)), 'refused-again');
    guards.accepted('default/s0');
    assert.equal(guards.weigh('default/s0', at(2_000)), 'counts');
  });

  test('counts where the same holder accepted again in between', () => {
    const guards = guardsOf(1);
    assert.equal(guards.weigh('default/s0', at(0)), 'counts');
    guards.accepted('default/s0');
    assert.equal(guards.weigh('default/s0', at(1_000)), 'counts');
  });

  test('is nothing to a singleton that is another one of the same name', () => {
    const guards = guardsOf(1);
    guards.weigh('default/s0', at(0));
    guards.unwatched('default/s0');
    assert.equal(guards.weigh('default/s0', at(1_000)), 'counts');
  });

  test('after one that did not count is judged by itself', () => {
    const guards = guardsOf(3);
    for (const key of keys(3)) guards.doubted(key, at(0));
    assert.equal(guards.weigh('default/s0', at(5)), 'refused-with-many');
    assert.equal(guards.weigh('default/s0', at(500)), 'counts');
  });
});
