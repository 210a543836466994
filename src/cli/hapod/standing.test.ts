import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeLease } from '../../kube/decode-lease.ts';
import { decodePod } from '../../kube/decode-pod.ts';
import { goodStanding, readStanding } from './standing.ts';

interface PodSketch {
  readonly name: string;
  readonly app?: string;
  readonly role?: string;
  readonly ready?: boolean;
  readonly leaving?: boolean;
  readonly age?: number;
}

function pod({ name, app = 'hapod', role = 'standby', ready = true, leaving = false, age = 0 }: PodSketch) {
  const created = new Date(Date.UTC(2026, 0, 1, 0, 0, 60 - age)).toISOString();
  return decodePod(
    {
      metadata: {
        name,
        namespace: 'default',
        uid: `uid-${name}`,
        resourceVersion: '1',
        creationTimestamp: created,
        labels: { app, role },
        ...(leaving ? { deletionTimestamp: created, deletionGracePeriodSeconds: 30 } : {}),
      },
      spec: { containers: [] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    },
    { keepEnv: [] },
  );
}

function record(holder: string, epoch: number) {
  return decodeLease({
    metadata: {
      name: 'understudy-hapod',
      namespace: 'default',
      uid: 'uid-record',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'understudy.dev/lease': 'record' },
    },
    spec: { holderIdentity: holder, leaseTransitions: epoch },
  });
}

const controllers = [pod({ name: 'c1', app: 'icr', role: 'active' }), pod({ name: 'c2', app: 'icr' })];

describe('how the set stands', () => {
  test('one active, one warm standby, two controllers and a record that agrees is a good standing', () => {
    const pods = [pod({ name: 'a', role: 'active' }), pod({ name: 'b' }), ...controllers];
    const standing = goodStanding(readStanding(pods, [record('a', 3)]));
    assert.ok(typeof standing === 'object');
    assert.deepEqual(
      [standing.active.name, standing.standby.name, standing.epoch, standing.activeController.name],
      ['a', 'b', 3, 'c1'],
    );
  });

  const missing: readonly [string, Parameters<typeof readStanding>, string][] = [
    ['no controller', [[pod({ name: 'a' })], []], 'a controller to start'],
    ['nobody Ready', [[pod({ name: 'a', ready: false }), ...controllers], []], 'the first pod to be Ready'],
    ['nobody chosen', [[pod({ name: 'a' }), ...controllers], []], 'the first election'],
    [
      'two actives, one of them leaving',
      [
        [
          pod({ name: 'a', role: 'active', leaving: true }),
          pod({ name: 'b', role: 'active' }),
          ...controllers,
        ],
        [record('b', 2)],
      ],
      'one role=active instead of several',
    ],
    [
      'a record that names another',
      [[pod({ name: 'a', role: 'active' }), pod({ name: 'b' }), ...controllers], [record('b', 2)]],
      'the record to name a',
    ],
    [
      'a standby that is leaving',
      [
        [pod({ name: 'a', role: 'active' }), pod({ name: 'b', leaving: true }), ...controllers],
        [record('a', 2)],
      ],
      'a warm standby beside a',
    ],
    [
      'one controller alone',
      [
        [
          pod({ name: 'a', role: 'active' }),
          pod({ name: 'b' }),
          pod({ name: 'c1', app: 'icr', role: 'active' }),
        ],
        [record('a', 2)],
      ],
      'the second controller',
    ],
  ];
  for (const [name, [pods, leases], expected] of missing) {
    test(`${name}: it says what is missing`, () => {
      assert.equal(goodStanding(readStanding(pods, leases)), expected);
    });
  }
});
