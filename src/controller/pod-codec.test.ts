import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Companions, type Epoch, podUid } from '../core/identity.ts';
import { type Container, incarnationOf } from '../core/member.ts';
import { decodePod } from '../kube/decode-pod.ts';
import { decodeTold, encodeTold, podDecoding, readPod } from './pod-codec.ts';

const container: Container = {
  name: 'main',
  critical: true,
  state: 'running',
  ready: true,
  containerId: undefined,
  lastEndedContainerId: undefined,
  restartCount: 0,
};

type Env = readonly { name: string; value?: string }[];

function rawPod(changes: { labels?: object; annotations?: object; env?: Env; status?: object } = {}) {
  return {
    metadata: {
      namespace: 'default',
      name: 'a',
      uid: 'uid-a',
      resourceVersion: '7',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: changes.labels ?? { app: 'hapod', role: 'standby' },
      annotations: changes.annotations,
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', env: changes.env }] },
    status: changes.status ?? {},
  };
}

function read(changes: Parameters<typeof rawPod>[0]) {
  return readPod(decodePod(rawPod(changes), podDecoding));
}

function criticalityOf(env: Env) {
  const { member, problems } = read({ env });
  return { critical: member.containers[0]?.critical, problems };
}

describe('a pod read as a member', () => {
  test('a container is critical wherever its env stands', () => {
    const others = [{ name: 'A', value: '1' }, { name: 'B' }];
    const mark = { name: 'pwcriticality', value: 'critical' };
    for (const env of [[mark], [mark, ...others], [...others, mark]]) {
      assert.deepEqual(criticalityOf(env), { critical: true, problems: [] });
    }
    assert.deepEqual(criticalityOf([]), { critical: false, problems: [] });
  });

  test('of two envs of one name the last one counts, and it is said', () => {
    const twice = [
      { name: 'pwcriticality', value: 'critical' },
      { name: 'pwcriticality', value: 'noncritical' },
    ];
    const { critical, problems } = criticalityOf(twice);
    assert.equal(critical, false);
    assert.match(problems.join(), /main has pwcriticality 2 times: the last, "noncritical", counts/);
  });

  test('a misspelt criticality is taken for noncritical, and it is said', () => {
    const { critical, problems } = criticalityOf([{ name: 'pwcriticality', value: 'kritical' }]);
    assert.equal(critical, false);
    assert.match(problems.join(), /taken for noncritical/);
  });

  test('role=banana is kept as it is, and it is said', () => {
    const { member, problems } = read({ labels: { role: 'banana' } });
    assert.equal(member.roleLabel, 'banana');
    assert.match(problems.join(), /"banana", neither active nor standby/);
  });

  test('a pod without status, address or role label is read all the same', () => {
    const { member, problems } = read({ labels: { app: 'hapod' } });
    assert.deepEqual(problems, []);
    assert.equal(member.ip, undefined);
    assert.equal(member.phase, 'Pending');
    assert.equal(member.roleLabel, undefined);
  });

  test('annotations that make no sense are left out, and each is said', () => {
    const { member, problems } = read({
      annotations: {
        'understudy.dev/epoch': '-3',
        'understudy.dev/told': 'x',
        'understudy.dev/priority': 'high',
      },
    });
    assert.equal(member.labelEpoch, 0);
    assert.equal(member.told, undefined);
    assert.equal(member.priority, 0);
    assert.equal(problems.length, 3);
  });

  test('what was told is read back as it was written', () => {
    const { member } = read({ annotations: { 'understudy.dev/told': '57/uid-a/main=0123456789ab' } });
    assert.ok(member.told);
    assert.equal(member.told.epoch, 57);
    assert.equal(member.told.incarnation, 'uid-a/main=0123456789ab');
    assert.equal(member.told.role, 'active');
    assert.deepEqual(decodeTold(encodeTold(member.told)), member.told);
  });

  test('that it stepped down stands behind the incarnation', () => {
    const { member } = read({ annotations: { 'understudy.dev/told': '57/uid-a/main=0123456789ab/standby' } });
    const incarnation = 'uid-a/main=0123456789ab';
    assert.deepEqual(member.told, {
      epoch: 57,
      incarnation,
      companions: undefined,
      role: 'standby',
      isHeard: true,
    });
  });

  test('that it was labelled, and nobody knows whether it heard, stands there likewise', () => {
    const { member } = read({ annotations: { 'understudy.dev/told': '57/uid-a/main=0123456789ab/unheard' } });
    const incarnation = 'uid-a/main=0123456789ab';
    assert.deepEqual(member.told, {
      epoch: 57,
      incarnation,
      companions: undefined,
      role: 'active',
      isHeard: false,
    });
    assert.ok(member.told);
    assert.deepEqual(decodeTold(encodeTold(member.told)), member.told);
  });

  test('no name of a container is taken for that, and no lack of one', () => {
    const roles = ['active', 'standby'] as const;
    const names = ['standby', 'unheard'].map((name) => [name, `containerd://${name}`] as const);
    const lives = [...names, ['a', undefined], undefined] as const;
    for (const life of lives) {
      const containers = life === undefined ? [] : [{ ...container, name: life[0], containerId: life[1] }];
      const incarnation = incarnationOf({ uid: podUid('uid-a'), containers });
      for (const role of roles) {
        for (const companions of [undefined, 'standby=standby' as Companions]) {
          for (const isHeard of [true, false]) {
            const told = { epoch: 57 as Epoch, incarnation, companions, role, isHeard };
            assert.deepEqual(decodeTold(encodeTold(told)), told);
          }
        }
      }
    }
  });

  test('a step-down of nobody makes no sense', () => {
    assert.equal(decodeTold('57//standby'), undefined);
    assert.equal(decodeTold('57/'), undefined);
  });

  test('its node is silent where the node controller took its readiness, and not where the kubelet did', () => {
    const nodeReady = (reason: string | undefined, containerReady: boolean) => {
      const containerStatuses = [
        { name: 'main', ready: containerReady, restartCount: 0, state: { running: {} } },
      ];
      const conditions = [{ type: 'Ready', status: 'False', reason }];
      return read({ status: { phase: 'Running', conditions, containerStatuses } }).member.nodeReady;
    };
    assert.equal(nodeReady('NodeNotReady', true), false);
    assert.equal(nodeReady(undefined, true), false);
    assert.equal(nodeReady('ContainersNotReady', false), true);
    assert.equal(nodeReady('ReadinessGatesNotReady', true), true);
    assert.equal(nodeReady(undefined, false), true);
    assert.equal(read({ status: { phase: 'Running' } }).member.nodeReady, true);
  });

  test('priority is an integer or never', () => {
    assert.equal(read({ annotations: { 'understudy.dev/priority': '-5' } }).member.priority, -5);
    assert.equal(read({ annotations: { 'understudy.dev/priority': 'never' } }).member.priority, 'never');
  });
});
