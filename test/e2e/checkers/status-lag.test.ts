import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SingletonStatus } from '../../../src/api/singleton.ts';
import { decodeStatus } from '../../../src/api/status-codec.ts';
import type { History, Version } from '../recorder/history.ts';
import { statusLagMs } from './status-lag.ts';

const scope = { service: 'feed', isMember: () => true };
const nothing: History = { pods: [], records: [], slices: [], nodes: [], services: [], singletons: [] };

function version(atMs: number, uid = 'u', gone = false): Version {
  return { version: BigInt(atMs), atMs, gone, listed: false, namespace: 'scene', name: 'feed', uid };
}

function status(epoch: number): SingletonStatus | undefined {
  return decodeStatus({ epoch, active: { pod: 'a', uid: 'uid-a', epoch } });
}

const record = (atMs: number, epoch: number) => ({
  ...version(atMs),
  singleton: 'feed',
  epoch,
  holder: undefined,
  mode: 'Direct' as const,
});

describe('how far a status comes behind', () => {
  test('is counted from the last change of what it tells of', () => {
    const records = [record(1_000, 1), record(2_000, 2)];
    const singletons = [
      { ...version(900), status: status(1) },
      { ...version(2_300), status: status(2) },
    ];
    assert.equal(statusLagMs({ ...nothing, records, singletons }, scope), 300);
  });

  test('is counted from its own beginning for a Singleton that was made anew', () => {
    const records = [record(1_000, 1)];
    const singletons = [
      { ...version(1_100), status: status(1) },
      { ...version(4_000, 'u', true), status: status(1) },
      { ...version(5_000, 'anew'), status: undefined },
      { ...version(5_200, 'anew'), status: status(1) },
    ];
    assert.equal(statusLagMs({ ...nothing, records, singletons }, scope), 200);
  });
});
