import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';
import { Sight } from './sight.ts';

const at = (ms: number) => ms as MonotonicMs;

function makeSight() {
  const sources = { synced: true, unsynced: '', alive: true };
  const sight = new Sight({
    isSynced: (namespace) => sources.synced && namespace !== sources.unsynced,
    isConnectionAlive: () => sources.alive,
  });
  return { sources, sight };
}

describe('sight', () => {
  test('is blind until an own renewal has come back', () => {
    const { sight } = makeSight();
    assert.deepEqual(sight.at(at(0)), { kind: 'blind', because: 'heartbeat-missing' });
    sight.renewalCameBack(at(0));
    assert.equal(sight.at(at(1)).kind, 'clear');
  });

  test('counts from when the renewal was sent: a stall of this process makes it blind, not wrong', () => {
    const { sight } = makeSight();
    sight.renewalCameBack(at(0));
    assert.equal(sight.at(at(limits.sightMs)).kind, 'clear');
    assert.equal(sight.at(at(limits.sightMs + 1)).kind, 'blind');
    sight.renewalCameBack(at(1_500));
    assert.equal(sight.at(at(limits.sightMs + 1)).kind, 'clear');
  });

  test('an older renewal that arrives late does not take back a younger proof', () => {
    const { sight } = makeSight();
    sight.renewalCameBack(at(1_000));
    sight.renewalCameBack(at(500));
    assert.equal(sight.at(at(1_000 + limits.sightMs)).kind, 'clear');
  });

  test('is blind while a watch has not synced or the connection is silent', () => {
    const { sight, sources } = makeSight();
    sight.renewalCameBack(at(0));
    sources.alive = false;
    assert.deepEqual(sight.at(at(1)), { kind: 'blind', because: 'connection-silent' });
    sources.synced = false;
    assert.deepEqual(sight.at(at(1)), { kind: 'blind', because: 'not-synced' });
  });

  test('a namespace that has not been seen yet is blind alone', () => {
    const { sight, sources } = makeSight();
    sight.renewalCameBack(at(0));
    sources.unsynced = 'blue';
    assert.deepEqual(sight.at(at(1), 'blue'), { kind: 'blind', because: 'not-synced' });
    assert.equal(sight.at(at(1), 'red').kind, 'clear');
    assert.equal(sight.at(at(1)).kind, 'clear');
  });
});
