import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Body, Watch, WatchEvent } from './api-client.ts';
import { lingering, obedient, type PodOptions, pod, stubborn } from './objects.ts';
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
  const created = await target.api.post(pods, pod(name, options));
  assert.equal(created.status, 201, created.text);
  const { resourceVersion } = created.body.metadata;
  const watch = await target.api.watch(
    `${pods}?fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`,
  );
  const events = await watch.until(({ object }) => isReady(object));
  return { before: events.at(-1)?.object, watch };
}

function isReady(object: Body): boolean {
  return object.status.conditions?.some((each: Body) => each.type === 'Ready' && each.status === 'True');
}

function isTerminal({ object }: WatchEvent): boolean {
  return ['Failed', 'Succeeded'].includes(object.status.phase);
}

function graceOf({ object }: WatchEvent): number | undefined {
  return object.metadata.deletionGracePeriodSeconds;
}

function statesOf({ object }: WatchEvent): string[] {
  return object.status.containerStatuses.flatMap(({ state }: Body) => Object.keys(state));
}

const isDeleted = ({ type }: WatchEvent) => type === 'DELETED';

describe('a graceful delete of a running pod', () => {
  test('is told in order: the mark, its end with proof, grace 0, DELETED', async () => {
    const { watch } = await running('leaves', {
      script: obedient,
      graceSeconds: 20,
      containers: ['main', 'beside'],
    });
    const answer = await target.api.delete(`${pods}/leaves`);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.kind, 'Pod');
    const events = await watch.until(isDeleted);
    watch.stop();
    const marked = events.findIndex((event) => graceOf(event) === 20);
    const ended = events.findIndex(isTerminal);
    const graceless = events.findIndex((event) => graceOf(event) === 0);
    const deleted = events.findIndex(isDeleted);
    assert.ok(
      marked >= 0 && marked < ended && ended < graceless && graceless < deleted,
      `${marked} ${ended} ${graceless} ${deleted}`,
    );
    assert.equal(deleted, graceless + 1);
    assert.equal(deleted, events.length - 1);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    assert.deepEqual(
      versions,
      versions.toSorted((left, right) => left - right),
    );
  });

  test('is marked while everything still runs, and ready', async () => {
    const { before: object, watch } = await running('marked', { script: lingering, graceSeconds: 20 });
    const { body } = await target.api.delete(`${pods}/marked`);
    const [first] = await watch.until((event) => graceOf(event) === 20);
    const second = await watch.next();
    watch.stop();
    assert.deepEqual(first?.object.metadata, body.metadata);
    assert.equal(first?.object.status.phase, 'Running');
    assert.equal(isReady(first?.object), true);
    assert.deepEqual(first?.object.status.containerStatuses, object.status.containerStatuses);
    const { deletionTimestamp, generation } = first?.object.metadata ?? {};
    assert.equal(generation, object.metadata.generation + 1);
    assert.ok(Date.parse(deletionTimestamp) > Date.parse(object.metadata.creationTimestamp) + 15_000);
    // Its kubelet says that it has heard of it, before anything ends.
    assert.equal(second.object.status.observedGeneration, generation);
    assert.equal(isReady(second.object), true);
    assert.deepEqual(second.object.status.containerStatuses, object.status.containerStatuses);
  });

  test('ends in a phase that proves it: every container terminated, with the ID it ran under', async () => {
    const { before: object, watch } = await running('proven', {
      script: obedient,
      graceSeconds: 20,
      containers: ['main', 'beside'],
    });
    await target.api.delete(`${pods}/proven`);
    const events = await watch.until(isDeleted);
    watch.stop();
    const ended = events.find(isTerminal);
    assert.equal(ended?.object.status.phase, 'Succeeded');
    assert.ok(ended?.object.status.containerStatuses.length === 2);
    for (const { name, state, containerID, restartCount } of ended?.object.status.containerStatuses ?? []) {
      const before = object.status.containerStatuses.find((each: Body) => each.name === name);
      assert.equal(state.terminated.exitCode, 0);
      assert.equal(state.terminated.reason, 'Completed');
      assert.equal(state.terminated.containerID, before.containerID);
      assert.deepEqual({ containerID, restartCount }, { containerID: before.containerID, restartCount: 0 });
    }
    assert.ok(
      events.slice(events.findIndex(isTerminal)).every(isTerminal),
      'a terminal phase is the last one',
    );
  });

  test('of a pod that does not end by itself kills it when its grace is over: exit code 137, phase Failed', async () => {
    const { watch } = await running('killed', { script: stubborn, graceSeconds: 2 });
    await target.api.delete(`${pods}/killed`);
    const events = await watch.until(isDeleted);
    watch.stop();
    const ended = events.find(isTerminal);
    assert.equal(ended?.object.status.phase, 'Failed');
    const { exitCode, reason } = ended?.object.status.containerStatuses[0].state.terminated ?? {};
    assert.deepEqual({ exitCode, reason }, { exitCode: 137, reason: 'Error' });
    const before = events.slice(0, events.findIndex(isTerminal));
    assert.ok(
      before.every((event) => event.object.status.phase === 'Running'),
      'alive until then',
    );
  });

  test('waits for the preStop hook, running and ready, before anything is told to end', async () => {
    const lifecycle = { preStop: { exec: { command: ['sh', '-c', 'sleep 3; touch /tmp/stopped'] } } };
    // Its exit code says whether the hook had come to its end.
    const script = 'trap "[ -e /tmp/stopped ]; exit $?" TERM; while :; do sleep 0.05; done';
    const { watch } = await running('hooked', { script, graceSeconds: 20, container: { lifecycle } });
    await target.api.delete(`${pods}/hooked`);
    const events = await watch.until(isDeleted);
    watch.stop();
    const ended = events.findIndex(isTerminal);
    const before = events.slice(0, ended);
    assert.ok(before.some((event) => graceOf(event) === 20 && isReady(event.object)));
    assert.equal(events[ended]?.object.status.containerStatuses[0].state.terminated.exitCode, 0);
  });

  test('made forced in the middle of it is DELETED at once, without a word of its end', async () => {
    const { watch } = await running('hurried', { script: stubborn, graceSeconds: 30 });
    await target.api.delete(`${pods}/hurried`);
    await target.api.delete(`${pods}/hurried`, { gracePeriodSeconds: 0 });
    const events = await watch.until(isDeleted);
    watch.stop();
    assert.deepEqual(events.map(graceOf).slice(-3), [30, 0, 0]);
    assert.ok(!events.some(isTerminal));
  });
});

describe('a forced delete of a running pod', () => {
  test('is two events at once, MODIFIED with grace 0 and DELETED, and both show it running and ready', async () => {
    const { before: object, watch } = await running('forced', { script: obedient, graceSeconds: 20 });
    const answer = await target.api.delete(`${pods}/forced`, { gracePeriodSeconds: 0 });
    assert.equal(answer.status, 200);
    const events = await watch.until(isDeleted);
    watch.stop();
    assert.deepEqual(
      events.map(({ type }) => type),
      ['MODIFIED', 'DELETED'],
    );
    for (const event of events) {
      assert.equal(graceOf(event), 0);
      assert.equal(event.object.metadata.uid, object.metadata.uid);
      assert.equal(event.object.status.phase, 'Running');
      assert.equal(isReady(event.object), true);
      assert.deepEqual(statesOf(event), ['running']);
    }
    assert.equal((await target.api.get(`${pods}/forced`)).status, 404);
  });

  test('frees its name: a pod made anew has another UID, an address and lives on', async () => {
    const { before: old, watch } = await running('renewed', { script: obedient });
    await target.api.delete(`${pods}/renewed`, { gracePeriodSeconds: 0 });
    await watch.until(isDeleted);
    watch.stop();
    const { before: anew, watch: second } = await running('renewed', { script: obedient });
    second.stop();
    assert.notEqual(anew.metadata.uid, old.metadata.uid);
    assert.notEqual(
      anew.status.containerStatuses[0].containerID,
      old.status.containerStatuses[0].containerID,
    );
  });
});
