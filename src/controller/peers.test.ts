import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodePod } from '../kube/decode-pod.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { SeenHeartbeat } from './heartbeat-codec.ts';
import { limits } from './limits.ts';
import { Peers } from './peers.ts';

const at = (ms: number) => ms as MonotonicMs;
const self = { name: 'icr-b', instance: 'me' };

function heartbeat(sentAt: number, { name = 'icr-a', instance = 'one' } = {}): SeenHeartbeat {
  return { identity: { name, instance }, sentAt: at(sentAt), podUid: `uid-${name}` };
}

function pod(
  name: string,
  version: number,
  changes: { restarts?: number; leaving?: boolean; owner?: string } = {},
) {
  const { restarts = 0, leaving = false, owner = 'rs' } = changes;
  return decodePod(
    {
      metadata: {
        namespace: 'default',
        name,
        uid: `uid-${name}`,
        resourceVersion: String(version),
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'icr' },
        ownerReferences: [{ kind: 'ReplicaSet', uid: owner, controller: true }],
        ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 } : {}),
      },
      spec: { containers: [{ name: 'icr' }] },
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'icr', restartCount: restarts, state: { running: {} } }],
      },
    },
    { keepEnv: [] },
  );
}

const names = (peers: Peers, now: number) => peers.live(at(now)).map(({ name }) => name);

describe('the other controllers', () => {
  test('live as long as their heartbeat changes, by our own clock', () => {
    const peers = new Peers(self);
    peers.heard(heartbeat(7), at(0));
    assert.deepEqual(names(peers, limits.peerSilenceMs), ['icr-a']);
    peers.heard(heartbeat(7), at(limits.peerSilenceMs));
    assert.deepEqual(names(peers, limits.peerSilenceMs + 1), []);
    peers.heard(heartbeat(8), at(limits.peerSilenceMs + 2));
    assert.deepEqual(names(peers, limits.peerSilenceMs + 3), ['icr-a']);
  });

  test('are forgiven the time in which we were blind', () => {
    const peers = new Peers(self);
    peers.heard(heartbeat(7), at(0));
    peers.forgive(at(60_000));
    assert.deepEqual(names(peers, 60_001), ['icr-a']);
  });

  test('are gone with their pod, when it leaves, and when its container restarts', () => {
    for (const change of [{ leaving: true }, { restarts: 1 }]) {
      const peers = new Peers(self);
      peers.podSeen(pod('icr-a', 1));
      peers.heard(heartbeat(7), at(0));
      peers.podSeen(pod('icr-a', 2, change));
      assert.ok(!peers.live(at(1)).some(({ instance }) => instance === 'one'), JSON.stringify(change));
    }
    const peers = new Peers(self);
    peers.podSeen(pod('icr-a', 1));
    peers.heard(heartbeat(7), at(0));
    peers.podGone('uid-icr-a');
    assert.deepEqual(names(peers, 1), []);
  });

  test('a heartbeat that was left behind by a pod of before is no life', () => {
    const peers = new Peers(self);
    peers.heard(heartbeat(7), at(0));
    peers.podsSynced(new Set());
    assert.deepEqual(names(peers, 1), []);
  });

  test('a sister pod that runs and was not heard yet is given its turn, one that said goodbye is not', () => {
    const peers = new Peers(self);
    peers.podSeen(pod('icr-b', 1));
    peers.podSeen(pod('icr-a', 2));
    assert.deepEqual(names(peers, 0), ['icr-a']);
    peers.heard(heartbeat(7), at(0));
    peers.heartbeatGone('icr-a');
    assert.deepEqual(names(peers, 1), []);
  });

  test('pods of another owner are not labelled, even where the labels are the same', () => {
    const peers = new Peers(self);
    peers.podSeen(pod('icr-b', 1));
    peers.podSeen(pod('stranger', 2, { owner: 'other' }));
    assert.deepEqual(
      peers.pods().map(({ name }) => name),
      ['icr-b'],
    );
  });

  test('one of our own name lives while it renews after us; what an earlier life left behind does not', () => {
    const peers = new Peers(self);
    const other = (sentAt: number) => heartbeat(sentAt, { name: self.name, instance: 'other' });
    peers.heard(other(7), at(0));
    assert.deepEqual(names(peers, 1), []);
    peers.heard(heartbeat(1, self), at(2));
    peers.heard(other(8), at(3));
    assert.deepEqual(peers.live(at(4)), [{ name: self.name, instance: 'other' }]);
    peers.heard(other(8), at(limits.peerSilenceMs));
    assert.deepEqual(names(peers, limits.peerSilenceMs + 4), []);
  });

  test('an older version of a pod changes nothing', () => {
    const peers = new Peers(self);
    peers.podSeen(pod('icr-a', 5, { restarts: 1 }));
    peers.heard(heartbeat(7), at(0));
    peers.podSeen(pod('icr-a', 4, { restarts: 9 }));
    assert.deepEqual(names(peers, 1), ['icr-a']);
  });
});
