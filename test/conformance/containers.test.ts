import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { podDecoding, readPod } from '../../src/controller/pod-codec.ts';
import { decodePod } from '../../src/kube/decode-pod.ts';
import type { Body, Watch, WatchEvent } from './api-client.ts';
import { crashable, obedient, type PodOptions, pod, stubborn } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let pods = '';

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
});
after(() => target.close());

/** A pod that runs and is Ready, and a watch that brings what becomes of it from there. */
async function running(name: string, options: PodOptions): Promise<{ before: Body; watch: Watch }> {
  const created = await target.api.post(pods, pod(name, { graceSeconds: 1, ...options }));
  assert.equal(created.status, 201, created.text);
  const { resourceVersion } = created.body.metadata;
  const watch = await target.api.watch(
    `${pods}?fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`,
  );
  const events = await watch.until(({ object }) => isReady(object));
  return { before: events.at(-1)?.object, watch };
}

function condition(object: Body, type = 'Ready'): Body {
  return object.status.conditions?.find((each: Body) => each.type === type) ?? {};
}

function isReady(object: Body): boolean {
  return condition(object).status === 'True';
}

function container(object: Body, name = 'main'): Body {
  return object.status.containerStatuses.find((each: Body) => each.name === name);
}

function inContainer(podName: string, ...command: string[]): Promise<string> {
  return target.kubectl.ok(['exec', podName, '-c', 'main', '--', ...command]);
}

describe('a pod that comes up', () => {
  test('is bound, taken on and run, in this order, all in its first generation', async () => {
    const created = await target.api.post(
      pods,
      pod('rises', { script: obedient, containers: ['b', 'a'], graceSeconds: 1 }),
    );
    const { resourceVersion } = created.body.metadata;
    const watch = await target.api.watch(
      `${pods}?fieldSelector=metadata.name%3Drises&resourceVersion=${resourceVersion}`,
    );
    const events = await watch.until(({ object }) => isReady(object));
    watch.stop();
    const [bound, taken] = events.map(({ object }) => object);
    assert.equal(created.body.spec.nodeName, undefined);
    assert.notEqual(bound.spec.nodeName, undefined);
    assert.equal(condition(bound, 'PodScheduled').status, 'True');
    assert.equal(bound.status.containerStatuses, undefined);
    assert.equal(taken.status.phase, 'Pending');
    assert.equal(condition(taken).reason, 'ContainersNotReady');
    const waits = (each: Body) => `${each.name} ${each.state.waiting.reason}`;
    assert.deepEqual(taken.status.containerStatuses.map(waits), [
      'a ContainerCreating',
      'b ContainerCreating',
    ]);
    assert.ok(taken.status.startTime !== undefined && taken.status.hostIP !== undefined);
    assert.deepEqual([...new Set(events.map(({ object }) => object.metadata.generation))], [1]);
    assert.equal(events.at(-1)?.object.status.observedGeneration, 1);
    assert.match(events.at(-1)?.object.status.podIP, /^[0-9a-f.:]+$/);
  });
});

describe('a container that runs', () => {
  test('has an ID of its runtime, a start, no last state, and counts no restarts', async () => {
    const { before: object, watch } = await running('runs', { script: obedient });
    watch.stop();
    assert.equal(object.status.phase, 'Running');
    assert.match(object.status.podIP, /^[0-9a-f.:]+$/);
    const { containerID, state, lastState, restartCount, ready, started } = container(object);
    assert.match(containerID, /^[a-z]+:\/\/\S+$/);
    assert.deepEqual(Object.keys(state), ['running']);
    assert.match(state.running.startedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(
      { lastState, restartCount, ready, started },
      { lastState: {}, restartCount: 0, ready: true, started: true },
    );
  });

  test('is read by the controller as the pod says it, criticality included', async () => {
    const env = [
      { name: 'before', value: 'x' },
      { name: 'pwcriticality', value: 'critical' },
    ];
    const { before: object, watch } = await running('read', {
      script: obedient,
      env,
      labels: { role: 'standby' },
    });
    watch.stop();
    const { member, problems } = readPod(decodePod(object, podDecoding));
    assert.deepEqual(problems, []);
    assert.equal(member.roleLabel, 'standby');
    assert.equal(member.phase, 'Running');
    assert.equal(member.ready && member.nodeReady, true);
    assert.equal(member.ip, object.status.podIP);
    assert.equal(member.node, object.spec.nodeName);
    assert.deepEqual(member.containers, [
      {
        name: 'main',
        critical: true,
        state: 'running',
        ready: true,
        containerId: container(object).containerID,
        lastEndedContainerId: undefined,
        restartCount: 0,
      },
    ]);
  });
});

describe('a container that crashes', () => {
  test('is started again in its pod: another ID, one restart more, and how the life before it ended', async () => {
    const { before: object, watch } = await running('crashes', {
      script: crashable,
      containers: ['main', 'beside'],
    });
    const first = container(object);
    await target.kubectl.touchLast('crashes', 'main', '/tmp/crash');
    const events = await watch.until(
      (event) => container(event.object).restartCount === 1 && isReady(event.object),
    );
    watch.stop();
    const latest = events.at(-1)?.object;
    const second = container(latest);
    assert.notEqual(second.containerID, first.containerID);
    assert.deepEqual(Object.keys(second.state), ['running']);
    assert.deepEqual(Object.keys(second.lastState), ['terminated']);
    const { exitCode, reason, containerID, startedAt, finishedAt } = second.lastState.terminated;
    assert.deepEqual(
      { exitCode, reason, containerID },
      { exitCode: 3, reason: 'Error', containerID: first.containerID },
    );
    assert.equal(startedAt, first.state.running.startedAt);
    assert.ok(Date.parse(finishedAt) >= Date.parse(startedAt));
    assert.equal(latest.metadata.uid, object.metadata.uid);
    assert.equal(latest.status.podIP, object.status.podIP);
    assert.deepEqual(container(latest, 'beside'), container(object, 'beside'));
  });

  test('takes readiness from its pod until it runs again; the phase stays Running', async () => {
    const { watch } = await running('unready', { script: crashable, containers: ['main', 'beside'] });
    await target.kubectl.touchLast('unready', 'main', '/tmp/crash');
    const events = await watch.until(
      (event) => container(event.object).restartCount === 1 && isReady(event.object),
    );
    watch.stop();
    assert.deepEqual([...new Set(events.map(({ object }) => object.status.phase))], ['Running']);
    const unready = events.find(({ object }) => !isReady(object))?.object;
    assert.equal(condition(unready).reason, 'ContainersNotReady');
    assert.equal(condition(unready).message, 'containers with unready status: [main]');
    const ended = events
      .map(({ object }) => container(object))
      .filter(({ state }) => state.terminated !== undefined);
    for (const { state, containerID, restartCount, ready } of ended) {
      assert.deepEqual({ restartCount, ready }, { restartCount: 0, ready: false });
      assert.equal(state.terminated.containerID, containerID);
    }
  });

  test('shows its lives in order: the count never falls, and no ID comes back', async () => {
    const { watch } = await running('ordered', { script: crashable });
    await target.kubectl.touchLast('ordered', 'main', '/tmp/crash');
    const events = await watch.until(
      (event) => container(event.object).restartCount === 1 && isReady(event.object),
    );
    watch.stop();
    const counts = events.map(({ object }) => container(object).restartCount);
    assert.deepEqual(
      counts,
      counts.toSorted((left, right) => left - right),
    );
    const ids = events.map(({ object }) => container(object).containerID);
    assert.equal(new Set(ids).size, ids.filter((id, index) => id !== ids[index - 1]).length);
  });

  test('again and again waits between its lives, with the ID of the last one and how it ended', async () => {
    const created = await target.api.post(pods, pod('loops', { script: 'exit 7', graceSeconds: 1 }));
    const { resourceVersion } = created.body.metadata;
    const watch = await target.api.watch(
      `${pods}?fieldSelector=metadata.name%3Dloops&resourceVersion=${resourceVersion}`,
    );
    const waits = ({ object }: { readonly object: Body }) =>
      object.status.containerStatuses !== undefined &&
      container(object).state.waiting?.reason === 'CrashLoopBackOff';
    const object = (await watch.until(waits)).at(-1)?.object;
    watch.stop();
    const { state, lastState, restartCount, containerID, ready } = container(object);
    assert.match(state.waiting.message, /^back-off 10s restarting failed container=main pod=loops_/);
    assert.deepEqual({ restartCount, ready }, { restartCount: 1, ready: false });
    assert.equal(lastState.terminated.exitCode, 7);
    assert.equal(lastState.terminated.containerID, containerID);
    assert.equal(object.status.phase, 'Running');
  });
});

describe('a container that is not started again', () => {
  const endings: [
    policy: 'Never' | 'OnFailure',
    script: string,
    phase: string,
    code: number,
    reason: string,
  ][] = [
    ['Never', 'sleep 1; exit 3', 'Failed', 3, 'Error'],
    ['Never', 'sleep 1; exit 0', 'Succeeded', 0, 'Completed'],
    ['OnFailure', 'sleep 1; exit 0', 'Succeeded', 0, 'Completed'],
  ];
  for (const [restartPolicy, script, phase, code, why] of endings) {
    test(`(${restartPolicy}, "${script}") makes its pod ${phase}, with the ID of every container that ended`, async () => {
      const name = `ends-${restartPolicy}-${code}`.toLowerCase();
      const created = await target.api.post(
        pods,
        pod(name, { script, restartPolicy, containers: ['main', 'beside'] }),
      );
      const { resourceVersion } = created.body.metadata;
      const watch = await target.api.watch(
        `${pods}?fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`,
      );
      const events = await watch.until(({ object }) => ['Failed', 'Succeeded'].includes(object.status.phase));
      watch.stop();
      const object = events.at(-1)?.object;
      assert.equal(object.status.phase, phase);
      // First that it is ready no more, and only then, when nothing of it runs, the phase. (A kubelet whose writes wait
      // for the server may leave the first out.)
      const allEnded = ({ object: { status } }: WatchEvent) =>
        status.containerStatuses?.every(({ state }: Body) => state.terminated !== undefined) === true;
      for (const before of events.slice(0, -1).filter(allEnded)) {
        assert.equal(before.object.status.phase, 'Running');
        assert.equal(condition(before.object).reason, condition(object).reason);
        assert.deepEqual(before.object.status.containerStatuses, object.status.containerStatuses);
      }
      for (const { state, containerID } of object.status.containerStatuses) {
        const { exitCode, reason } = state.terminated;
        assert.deepEqual({ exitCode, reason }, { exitCode: code, reason: why });
        assert.equal(state.terminated.containerID, containerID);
        assert.match(containerID, /^[a-z]+:\/\/\S+$/);
      }
      assert.equal(condition(object).status, 'False');
      assert.equal(condition(object).reason, phase === 'Failed' ? 'PodFailed' : 'PodCompleted');
    });
  }
});

describe('a sidecar', () => {
  test('is told among the init containers, is read as one of the pod, and is started again by itself', async () => {
    const env = [{ name: 'pwcriticality', value: 'critical' }];
    const command = ['sh', '-c', crashable];
    const sidecar = { name: 'side', image: 'busybox:1.36', command, env, restartPolicy: 'Always' };
    const { before: object, watch } = await running('sided', { script: obedient, initContainers: [sidecar] });
    const side = (from: Body) => from.status.initContainerStatuses[0];
    assert.deepEqual([side(object).name, side(object).ready, side(object).started], ['side', true, true]);
    const { containers } = readPod(decodePod(object, podDecoding)).member;
    assert.deepEqual(
      containers.map(({ name, critical, containerId }) => [name, critical, containerId]),
      [
        ['side', true, side(object).containerID],
        ['main', false, container(object).containerID],
      ],
    );
    await target.kubectl.touchLast('sided', 'side', '/tmp/crash');
    const again = (
      await watch.until((event) => side(event.object).restartCount === 1 && isReady(event.object))
    ).at(-1);
    watch.stop();
    assert.notEqual(side(again?.object).containerID, side(object).containerID);
    assert.equal(side(again?.object).lastState.terminated.exitCode, 3);
    assert.deepEqual(container(again?.object), container(object));
  });
});

describe('a container whose liveness probe fails', () => {
  test('is ended within its grace, and started again as after a crash', async () => {
    const probe = { exec: { command: ['cat', '/tmp/alive'] }, periodSeconds: 1, failureThreshold: 1 };
    const { before: object, watch } = await running('hangs', {
      script: `touch /tmp/alive; ${stubborn}`,
      graceSeconds: 1,
      container: { livenessProbe: probe },
    });
    await inContainer('hangs', 'rm', '/tmp/alive');
    const events = await watch.until(
      (event) => container(event.object).restartCount === 1 && isReady(event.object),
    );
    watch.stop();
    const { lastState } = container(events.at(-1)?.object);
    const { exitCode, reason, containerID } = lastState.terminated;
    assert.deepEqual({ exitCode, reason }, { exitCode: 137, reason: 'Error' });
    assert.equal(containerID, container(object).containerID);
  });
});

describe('a container with a readiness probe', () => {
  test('is not ready before it succeeds, and again when it fails; its life goes on', async () => {
    const script = `touch /tmp/ready; ${obedient}`;
    const { before: object, watch } = await running('probed', { script, readyWhile: '/tmp/ready' });
    const { containerID } = container(object);
    await inContainer('probed', 'rm', '/tmp/ready');
    const lost = (await watch.until((event) => !isReady(event.object))).at(-1)?.object;
    assert.equal(condition(lost).reason, 'ContainersNotReady');
    assert.equal(container(lost).ready, false);
    assert.deepEqual(Object.keys(container(lost).state), ['running']);
    await inContainer('probed', 'touch', '/tmp/ready');
    const back = (await watch.until((event) => isReady(event.object))).at(-1)?.object;
    watch.stop();
    assert.equal(container(back).containerID, containerID);
    assert.equal(container(back).restartCount, 0);
  });
});
