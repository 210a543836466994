import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PodContainer, PodObject } from '../../kube/decode-pod.ts';
import type { GoodStanding, Standing } from '../hapod/standing.ts';
import { endIsReported, failoverProblem, movementProblem, runsAgain } from './outcome.ts';

function pod(name: string, more: Partial<PodObject> = {}): PodObject {
  return {
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    createdAtMs: 0,
    labels: {},
    annotations: {},
    deletion: undefined,
    node: 'node-1',
    ip: '127.10.1.1',
    ips: ['127.10.1.1'],
    namedPorts: [],
    phase: 'Running',
    ready: true,
    trueConditions: ['Ready'],
    notReadyReason: undefined,
    ownerUid: undefined,
    containers: [],
    ...more,
  };
}

const [old, heir] = [pod('old'), pod('heir')];
const told = pod('heir', { annotations: { 'understudy.dev/told': '4/uid-heir/critcontainer1=abc' } });
const before: GoodStanding = {
  active: old,
  standby: heir,
  epoch: 3,
  activeController: pod('c1'),
  standbyController: pod('c2'),
};

function standing(actives: readonly PodObject[], holder: string, epoch: number): Standing {
  const controllers = { actives: [before.activeController], standbys: [before.standbyController] };
  return { application: { actives, standbys: [] }, controllers, record: { holder, epoch } };
}

describe('the judgement of a failover', () => {
  test('all is well when the heir holds the next epoch, alone, told, and the old pod is gone', () => {
    assert.equal(failoverProblem(before, standing([told], 'heir', 4), [told]), undefined);
  });

  const problems: readonly [string, Standing, readonly PodObject[], string][] = [
    ['the record has not moved', standing([told], 'old', 4), [told], 'the record names old, not heir'],
    ['an epoch was skipped', standing([told], 'heir', 5), [told], 'the epoch is 5, not 4'],
    ['two are labelled', standing([old, told], 'heir', 4), [told], '2 pods have role=active'],
    ['nobody is labelled', standing([], 'heir', 4), [told], 'no pod has role=active, not heir'],
    ['the old pod still exists', standing([told], 'heir', 4), [old, told], 'old is not deleted'],
    [
      'the heir was told of another epoch',
      standing([heir], 'heir', 4),
      [heir],
      'heir was not told of epoch 4',
    ],
  ];
  for (const [name, after, pods, expected] of problems) {
    test(`${name}: it is said`, () => assert.equal(failoverProblem(before, after, pods), expected));
  }
});

describe('the judgement that nothing moved', () => {
  test('all is well when active, record and epoch are as before', () => {
    assert.equal(movementProblem(before, standing([old], 'old', 3)), undefined);
  });

  test('another active, another epoch and a deletion are each said', () => {
    const leaving = pod('old', { deletion: { atMs: 0, graceSeconds: 0 } });
    assert.deepEqual(
      [
        movementProblem(before, standing([heir], 'heir', 4)),
        movementProblem(before, standing([old], 'old', 4)),
        movementProblem(before, standing([leaving], 'old', 3)),
      ],
      ['old is not the one active any more', 'the epoch went from 3 to 4', 'old is being deleted'],
    );
  });
});

describe("the kubelet's report of a container", () => {
  const container = (more: Partial<PodContainer>): PodContainer => ({
    name: 'critcontainer1',
    sidecar: false,
    env: [],
    containerId: 'containerd://1',
    restartCount: 0,
    ready: true,
    state: { kind: 'running', startedAtMs: 0 },
    lastTerminated: undefined,
    ...more,
  });
  const running = pod('old', { containers: [container({})] });
  const restarted = pod('old', {
    containers: [container({ containerId: 'containerd://2', restartCount: 1 })],
  });

  test('a restart that happened between two reports counts as an end', () => {
    assert.equal(endIsReported(running, running, ['critcontainer1']), false);
    assert.equal(endIsReported(running, restarted, ['critcontainer1']), true);
    assert.equal(endIsReported(running, restarted, ['another']), false);
  });

  test('a container runs again only in a new life', () => {
    assert.equal(runsAgain(running, running, ['critcontainer1']), false);
    assert.equal(runsAgain(running, restarted, ['critcontainer1']), true);
  });
});
