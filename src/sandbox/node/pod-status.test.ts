import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, listAt, objectAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { decodeObject } from '../api/stored-object.ts';
import type { ContainerRecord, ContainerState, TerminatedState } from './container-record.ts';
import { decodePod, type Pod } from './decode-pod.ts';
import { isInitialized, phaseOf, podStatus } from './pod-status.ts';

const running: ContainerState = { kind: 'running', containerId: 'containerd://1', startedAtMs: 1_000 };
const creating: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
const backOff: ContainerState = { kind: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off 10s' };

function exited(exitCode: number): TerminatedState {
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return {
    kind: 'terminated',
    containerId: 'containerd://1',
    exitCode,
    reason,
    startedAtMs: 1_000,
    finishedAtMs: 2_000,
  };
}

function record(name: string, state: ContainerState, more: Partial<ContainerRecord> = {}): ContainerRecord {
  const isRunning = state.kind === 'running';
  const base = { image: 'i', imageId: 'sandbox://i', sidecar: false, restartCount: 0, lastEnd: undefined };
  return { name, state, ...base, started: isRunning, ready: isRunning, ...more };
}

function podOf(restartPolicy: Pod['restartPolicy'] = 'Always', more: JsonObject = {}): Pod {
  const spec = {
    restartPolicy,
    initContainers: [{ name: 'i', image: 'i' }],
    containers: [{ name: 'c', image: 'i' }],
    ...more,
  };
  return decodePod(
    decodeObject(resourceTypes.pods, { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec }),
  );
}

interface Case {
  readonly name: string;
  readonly policy?: Pod['restartPolicy'];
  readonly init?: readonly ContainerRecord[];
  readonly containers: readonly ContainerRecord[];
  readonly ended?: boolean;
  readonly phase: string;
  /** Initialized, ContainersReady. */
  readonly conditions: readonly [string, string];
}

const crashed = record('c', backOff, { lastEnd: exited(1), restartCount: 2 });

const cases: readonly Case[] = [
  {
    name: 'nothing runs yet',
    containers: [record('c', creating)],
    phase: 'Pending',
    conditions: ['True', 'False'],
  },
  {
    name: 'one runs, one is being created',
    containers: [record('c', running), record('d', creating)],
    phase: 'Pending',
    conditions: ['True', 'False'],
  },
  { name: 'all run', containers: [record('c', running)], phase: 'Running', conditions: ['True', 'True'] },
  {
    name: 'one runs and is not ready',
    containers: [record('c', running), record('d', running, { ready: false })],
    phase: 'Running',
    conditions: ['True', 'False'],
  },
  {
    name: 'one has not passed its startup probe',
    containers: [record('c', running, { started: false, ready: true })],
    phase: 'Running',
    conditions: ['True', 'False'],
  },
  {
    name: 'one crashed and will restart',
    containers: [record('c', exited(139))],
    phase: 'Running',
    conditions: ['True', 'False'],
  },
  { name: 'one waits after a crash', containers: [crashed], phase: 'Running', conditions: ['True', 'False'] },
  {
    name: 'one has done its work',
    policy: 'Never',
    ended: true,
    containers: [record('c', exited(0))],
    phase: 'Succeeded',
    conditions: ['True', 'False'],
  },
  {
    name: 'one failed for good',
    policy: 'Never',
    ended: true,
    containers: [record('c', exited(1))],
    phase: 'Failed',
    conditions: ['True', 'False'],
  },
  {
    name: 'one failed and may be tried again',
    policy: 'OnFailure',
    containers: [record('c', exited(1))],
    phase: 'Running',
    conditions: ['True', 'False'],
  },
  {
    name: 'one failed for good while another runs',
    policy: 'Never',
    containers: [record('c', exited(1)), record('d', running)],
    phase: 'Running',
    conditions: ['True', 'False'],
  },
  {
    name: 'an init container runs',
    init: [record('i', running)],
    containers: [record('c', creating)],
    phase: 'Pending',
    conditions: ['False', 'False'],
  },
  {
    name: 'an init container failed and may not be restarted',
    policy: 'Never',
    ended: true,
    init: [record('i', exited(1))],
    containers: [record('c', creating)],
    phase: 'Failed',
    conditions: ['False', 'False'],
  },
  {
    name: 'init is done',
    init: [record('i', exited(0))],
    containers: [record('c', running)],
    phase: 'Running',
    conditions: ['True', 'True'],
  },
  {
    name: 'a sidecar runs beside the others',
    init: [record('i', running, { sidecar: true })],
    containers: [record('c', running)],
    phase: 'Running',
    conditions: ['True', 'True'],
  },
  {
    name: 'a sidecar is not ready',
    init: [record('i', running, { sidecar: true, ready: false })],
    containers: [record('c', running)],
    phase: 'Running',
    conditions: ['True', 'False'],
  },
  {
    name: 'a deleted pod whose containers ended well',
    ended: true,
    containers: [record('c', exited(0))],
    phase: 'Succeeded',
    conditions: ['True', 'False'],
  },
  {
    name: 'a deleted pod whose container was killed',
    ended: true,
    containers: [record('c', exited(137))],
    phase: 'Failed',
    conditions: ['True', 'False'],
  },
];

function observe(
  { policy, init = [], containers, ended = false }: Case,
  previous: JsonObject = {},
): JsonObject {
  const pod = podOf(policy);
  const place = { podIp: '127.10.1.2', hostIp: '127.10.0.1', startedAtMs: 0, nowMs: 60_000 };
  return podStatus({ pod, init, containers, ended, ...place }, previous);
}

function condition(status: JsonObject, type: string) {
  return listAt(status, 'conditions').find((each) => stringAt(each, 'type') === type);
}

for (const each of cases) {
  test(`pod status: ${each.name} → ${each.phase}`, () => {
    const status = observe(each);
    assert.equal(status.phase, each.phase);
    const statuses = ['Initialized', 'ContainersReady'].map((type) =>
      stringAt(condition(status, type), 'status'),
    );
    assert.deepEqual(statuses, each.conditions);
    assert.equal(stringAt(condition(status, 'Ready'), 'status'), each.conditions[1]);
  });
}

test('a condition keeps the time of its last change, and a foreign one stays', () => {
  const all: Case = { name: '', containers: [record('c', running)], phase: '', conditions: ['', ''] };
  const foreign = { type: 'DisruptionTarget', status: 'True' };
  const first = observe(all, { conditions: [foreign] });
  const aged = {
    ...first,
    conditions: listAt(first, 'conditions').map((each) => ({
      ...objectAt({ each }, 'each'),
      lastTransitionTime: 'before',
    })),
  };
  const again = observe(all, aged);
  assert.deepEqual(again.conditions, aged.conditions);
  const crash = observe({ ...all, containers: [record('c', exited(1))] }, aged);
  assert.equal(stringAt(condition(crash, 'Ready'), 'lastTransitionTime'), '1970-01-01T00:01:00Z');
  assert.equal(stringAt(condition(crash, 'Initialized'), 'lastTransitionTime'), 'before');
  assert.equal(stringAt(condition(crash, 'DisruptionTarget'), 'lastTransitionTime'), 'before');
});

test('a terminal phase is not shown before everything has ended; that the work is done, is', () => {
  const done: Case = {
    name: '',
    policy: 'Never',
    containers: [record('c', exited(0))],
    phase: '',
    conditions: ['', ''],
  };
  const first = observe(done, { phase: 'Running' });
  assert.equal(first.phase, 'Running');
  assert.equal(stringAt(condition(first, 'Ready'), 'reason'), 'PodCompleted');
  assert.equal(observe({ ...done, ended: true }, first).phase, 'Succeeded');
});

test('containers are told in the order of their names', () => {
  const containers = [record('d', running), record('c', running)];
  const status = observe({ name: '', containers, phase: '', conditions: ['', ''] });
  const names = listAt(status, 'containerStatuses').map((each) => stringAt(each, 'name'));
  assert.deepEqual(names, ['c', 'd']);
});

test('an unready container is named in the message', () => {
  const status = observe({
    name: '',
    containers: [record('c', running), record('d', backOff)],
    phase: '',
    conditions: ['', ''],
  });
  assert.equal(stringAt(condition(status, 'Ready'), 'message'), 'containers with unready status: [d]');
});

test('a restarted container shows its last end, and while it waits the ID of its last life', () => {
  const status = observe({ name: '', containers: [crashed], phase: '', conditions: ['', ''] });
  assert.deepEqual(listAt(status, 'containerStatuses'), [
    {
      name: 'c',
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      lastState: {
        terminated: {
          exitCode: 1,
          reason: 'Error',
          startedAt: '1970-01-01T00:00:01Z',
          finishedAt: '1970-01-01T00:00:02Z',
          containerID: 'containerd://1',
        },
      },
      ready: false,
      restartCount: 2,
      image: 'i',
      imageID: 'sandbox://i',
      containerID: 'containerd://1',
      started: false,
    },
  ]);
});

test('a readiness gate that is not True holds Ready back', () => {
  const pod = podOf('Always', { readinessGates: [{ conditionType: 'switch' }] });
  const place = { podIp: '127.10.1.2', hostIp: '127.10.0.1', startedAtMs: 0, nowMs: 0, ended: false };
  const observation = { pod, init: [], containers: [record('c', running)], ...place };
  assert.equal(stringAt(condition(podStatus(observation, {}), 'Ready'), 'reason'), 'ReadinessGatesNotReady');
  const open = { conditions: [{ type: 'switch', status: 'True' }] };
  assert.equal(stringAt(condition(podStatus(observation, open), 'Ready'), 'status'), 'True');
});

test('the phase needs no address, and init is done when every step of it is', () => {
  assert.equal(isInitialized([record('i', exited(0)), record('s', running, { sidecar: true })]), true);
  assert.equal(isInitialized([record('i', exited(1))]), false);
  const place = { podIp: undefined, hostIp: '', startedAtMs: 0, nowMs: 0, ended: false };
  assert.equal(phaseOf({ pod: podOf(), init: [], containers: [record('c', creating)], ...place }), 'Pending');
});
