import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conform } from './conform.ts';
import { limits } from './limits.ts';
import type { Move, SingletonStatus, StandbyStatus } from './singleton.ts';
import { decodeStatus, encodeStatus } from './status-codec.ts';
import { statusDefinition } from './status-definition.ts';

const because = { code: 'HolderHealthy', sentence: 'All is well.' };

function move(kind: Move['kind'], epoch: number): Move {
  return {
    kind,
    because: { code: 'HolderDeleted', sentence: 'a is gone.' },
    from: epoch === 1 ? undefined : 'a',
    to: 'b',
    epoch,
    at: '2026-01-01T00:00:00.123Z',
    by: 'controller-1',
    phasesMs: { decide: 0.5, record: 4, total: 5 },
  };
}

function standby(pod: string, fit = true): StandbyStatus {
  return { pod, node: 'node-2', fit, because: fit ? 'It is ready.' : 'It is not ready.' };
}

const status: SingletonStatus = {
  observedGeneration: 2,
  mode: 'Direct',
  active: { pod: 'b', uid: 'u', node: 'node-1', epoch: 3, since: '2026-01-01T00:00:00Z' },
  epoch: 3,
  ready: '2/2',
  standbys: [standby('c')],
  conditions: [
    {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'It is.',
      observedGeneration: 2,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
  history: [move('Switchover', 3), move('Failover', 2), move('Election', 1)],
  failovers: 1,
  switchovers: 1,
  because,
};

const nothing: SingletonStatus = {
  observedGeneration: 1,
  mode: undefined,
  active: undefined,
  epoch: 0,
  ready: '0/0',
  standbys: [],
  conditions: [],
  history: [],
  failovers: 0,
  switchovers: 0,
  because,
};

/** As it comes back from an API server. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a status', () => {
  test('is read back as it was written', () => {
    assert.deepEqual(decodeStatus(throughJson(encodeStatus(status))), status);
    assert.deepEqual(decodeStatus(throughJson(encodeStatus(nothing))), nothing);
  });

  test('has no field that its definition does not know, which the API server would drop', () => {
    const written = throughJson(encodeStatus(status));
    const { value, problems } = conform(statusDefinition, written, 'status');
    assert.deepEqual(problems, []);
    assert.deepEqual(value, written);
  });

  test('names the newest failover, whatever else has moved the role since', () => {
    assert.deepEqual(encodeStatus(status).lastFailover, throughJson(move('Failover', 2)));
    assert.equal('lastFailover' in encodeStatus(nothing), false);
  });

  test('names those who could take over, for one column of a terminal', () => {
    const names = (...standbys: StandbyStatus[]) => encodeStatus({ ...status, standbys }).standbyNames;
    assert.equal(names(), '<none>');
    assert.equal(names(standby('c', false)), '<none>');
    assert.equal(names(standby('c'), standby('d', false), standby('e')), 'c,e');
    assert.equal(names(...['c', 'd', 'e', 'f', 'g'].map((pod) => standby(pod))), 'c,d,e +2');
  });

  test('is bounded, whatever is put into it', () => {
    const long = 'x'.repeat(100_000);
    const written = encodeStatus({
      ...status,
      standbys: Array.from({ length: 1_000 }, (_, index) => ({ ...standby(`pod-${index}`), because: long })),
      history: Array.from({ length: 1_000 }, (_, index) => move('Failover', index)),
      because: { code: 'Blind', sentence: long },
    });
    assert.equal(JSON.stringify(written).length < 64_000, true);
    assert.equal(Array.isArray(written.history) && written.history.length, limits.historyMax);
    assert.equal(Array.isArray(written.standbys) && written.standbys.length, limits.standbysMax);
  });
});

describe('a status that somebody else wrote', () => {
  test('is none where there is none', () => {
    for (const raw of [undefined, null, 'x', 7, []]) assert.equal(decodeStatus(raw), undefined);
  });

  test('is read as far as it can be made out', () => {
    const raw = {
      mode: 'Mesh',
      active: { pod: 'b' },
      epoch: '3',
      standbys: [{ pod: 'c' }, 'd', { node: 'n' }],
      conditions: [{ type: 'Fancy', status: 'True' }, { type: 'Paused', status: 'Maybe' }, null],
      history: [
        { kind: 'Takeover' },
        { kind: 'Failover', to: 'b', epoch: 2, phasesMs: { total: 5, decide: '1' } },
      ],
      because: 'x',
    };
    assert.deepEqual(decodeStatus(raw), {
      ...nothing,
      observedGeneration: 0,
      ready: '',
      standbys: [{ pod: 'c', node: undefined, fit: false, because: '' }],
      conditions: [
        {
          type: 'Paused',
          status: 'Unknown',
          reason: '',
          message: '',
          observedGeneration: 0,
          lastTransitionTime: '',
        },
      ],
      history: [
        {
          kind: 'Failover',
          to: 'b',
          epoch: 2,
          from: undefined,
          because: { code: '', sentence: '' },
          at: '',
          by: '',
          phasesMs: { total: 5 },
        },
      ],
      because: { code: '', sentence: '' },
    });
  });
});
