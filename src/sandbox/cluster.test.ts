import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAt, numberAt, stringAt } from './api/json.ts';
import { resourceTypes } from './api/resource-types.ts';
import { conditionStatus, isLeaving } from './controllers/controller.ts';
import { REPLICA_SET_REACTION_MS } from './controllers/limits.ts';
import { POD_SANDBOX_MS, REACTION_MS } from './node/limits.ts';
import { clusterOfTwo, SimulatedCluster } from './simulated-cluster.ts';

test('a ReplicaSet of 2 runs on two nodes, each pod with an address of its node', async () => {
  const world = await clusterOfTwo();
  const places = world
    .pods()
    .map((pod) => [stringAt(pod, 'spec', 'nodeName'), stringAt(pod, 'status', 'podIP')]);
  assert.deepEqual(places.sort(), [
    ['node1', '127.10.1.2'],
    ['node2', '127.10.2.2'],
  ]);
  assert.equal(world.processes.running.size, 2);
  const readyReplicas = () =>
    numberAt(world.store.list(resourceTypes.replicasets)[0], 'status', 'readyReplicas');
  await world.until(() => readyReplicas() === 2, REPLICA_SET_REACTION_MS, 'counted');
});

test('a crash is terminated, then running again at once, and a second one waits 10 s in CrashLoopBackOff', async () => {
  const world = await clusterOfTwo();
  const { name } = world.first().metadata;
  world.events.length = 0;
  world.crash(name);
  await world.until(() => numberAt(world.status(name), 'restartCount') === 1, 1_000, 'restarted');
  const seen = world.events.map(({ object }) =>
    JSON.stringify(listAt(object, 'status', 'containerStatuses')),
  );
  assert.ok(seen.some((status) => /"state":\{"terminated":\{"exitCode":139,"reason":"Error"/.test(status)));
  await world.until(
    () => stringAt(world.status(name), 'state', 'running', 'startedAt') !== undefined,
    100,
    'running',
  );
  assert.equal(numberAt(world.status(name), 'lastState', 'terminated', 'exitCode'), 139);
  assert.match(stringAt(world.status(name), 'containerID') ?? '', /^containerd:\/\/[0-9a-f]{64}$/);

  world.crash(name);
  const reason = () => stringAt(world.status(name), 'state', 'waiting', 'reason');
  await world.until(() => reason() === 'CrashLoopBackOff', 100, 'back-off');
  const before = world.clock.now();
  await world.until(() => numberAt(world.status(name), 'restartCount') === 2, 20_000, 'restarted');
  assert.equal(Math.round(world.clock.now() - before), 10_000);
});

test('a real PLEG shows a crash up to a second late, and never in the same instant for every one of many', async () => {
  const world = await clusterOfTwo({ pleg: 'real' });
  const { name } = world.first().metadata;
  const latenessMs: number[] = [];
  for (let round = 0; round < 12; round++) {
    await world.clock.advance(400_000 + world.random.fraction() * 1_000);
    const count = world.events.length;
    const start = world.clock.now();
    world.crash(name);
    const terminated = () =>
      world.events
        .slice(count)
        .some(({ object }) => JSON.stringify(object).includes('"state":{"terminated"'));
    await world.until(terminated, 1_001, 'seen within a second');
    latenessMs.push(world.clock.now() - start);
  }
  assert.ok(Math.max(...latenessMs) <= 1_000);
  assert.ok(Math.max(...latenessMs) - Math.min(...latenessMs) > 100, `spread: ${latenessMs}`);
});

test('a graceful delete: replaced without waiting for its end, SIGTERM, a terminal status, and only then the object goes', async () => {
  const world = new SimulatedCluster({ pleg: 'real' });
  world.replicaSet(2, { command: ['slow'] });
  await world.until(() => world.ready().length === 2, 5_000, 'two ready pods');
  const { name, uid } = world.first().metadata;
  world.events.length = 0;
  world.store.delete(resourceTypes.pods, 'default', name);
  await world.until(
    () => world.events.some(({ type }) => type === 'ADDED'),
    REPLICA_SET_REACTION_MS,
    'replacement',
  );
  const deletedAt = world.clock.now();
  await world.until(() => world.find(name) === undefined, 10_000, 'gone');
  const own = world.events.filter(({ object }) => object.metadata.uid === uid);
  assert.deepEqual([own[0]?.type, own[0]?.object.metadata.deletionGracePeriodSeconds], ['MODIFIED', 30]);
  const terminal = own.findIndex(({ object }) => stringAt(object, 'status', 'phase') === 'Succeeded');
  assert.ok(terminal > 0 && terminal < own.length - 1, 'a terminal phase before the object goes');
  assert.equal(own.at(-1)?.type, 'DELETED');
  const tookMs = world.clock.now() - deletedAt;
  assert.ok(
    tookMs >= 3_000 && tookMs < 4_100,
    `${tookMs} ms: the process took 3 s, the last relist up to 1 s`,
  );
});

test('what ignores SIGTERM is killed when its grace is over, and the exit code says so', async () => {
  const world = new SimulatedCluster();
  world.replicaSet(1, { command: ['stubborn'] }, { terminationGracePeriodSeconds: 5 });
  await world.until(() => world.ready().length === 1, 5_000, 'ready');
  await world.clock.advance(1);
  const { name, uid } = world.first().metadata;
  world.store.delete(resourceTypes.pods, 'default', name);
  const deletedAt = world.clock.now();
  await world.until(() => world.find(name) === undefined, 10_000, 'gone');
  assertBetween(world.clock.now() - deletedAt, 5_000, 5_000 + REACTION_MS);
  const last = world.events.findLast(({ object }) => object.metadata.uid === uid)?.object;
  assert.equal(stringAt(last, 'status', 'phase'), 'Failed');
  assert.match(JSON.stringify(last), /"exitCode":137/);
});

test('a forced delete: the object goes at once, the process lives on for at most 2 s', async () => {
  const world = new SimulatedCluster();
  world.replicaSet(1, { command: ['stubborn'] });
  await world.until(() => world.ready().length === 1, 5_000, 'ready');
  await world.clock.advance(1);
  const { name, uid } = world.first().metadata;
  const pid = world.cluster.container('default', name, 'main')?.life?.pid ?? 0;
  world.events.length = 0;
  world.store.delete(resourceTypes.pods, 'default', name, { gracePeriodSeconds: 0 });
  const own = world.events.filter(({ object }) => object.metadata.uid === uid);
  assert.deepEqual(
    own.map(({ type }) => type),
    ['MODIFIED', 'DELETED'],
  );
  assert.ok(world.processes.running.has(pid));
  const deletedAt = world.clock.now();
  await world.until(() => !world.processes.running.has(pid), 3_000, 'killed');
  assertBetween(world.clock.now() - deletedAt, 2_000, 2_000 + REACTION_MS);
});

test('a partitioned node: its processes live, it becomes Unknown after the grace, its pods not Ready, and all heals', async () => {
  const world = await clusterOfTwo();
  const [pod] = world.pods();
  assert.ok(pod);
  const { name } = pod.metadata;
  const node = stringAt(pod, 'spec', 'nodeName') ?? '';
  const readyOf = () => conditionStatus(world.store.mustGet(resourceTypes.nodes, undefined, node), 'Ready');
  world.cluster.kubelet(node)?.link.cut('partition');
  const cutAt = world.clock.now();
  await world.until(() => readyOf() === 'Unknown', 100_000, 'Unknown');
  const tookMs = world.clock.now() - cutAt;
  assert.ok(tookMs > 40_000 && tookMs <= 66_000, `${tookMs} ms`);
  const current = world.find(name);
  assert.ok(current && conditionStatus(current, 'Ready') === 'False');
  assert.equal(world.processes.running.size, 2);
  world.cluster.kubelet(node)?.link.heal('partition');
  await world.until(() => readyOf() === 'True', 100, 'True again');
  const healed = world.find(name);
  assert.ok(healed && conditionStatus(healed, 'Ready') === 'True');
});

test('a node that is back says anew what its kubelet knows, and what its network said of it stays', async () => {
  const world = await clusterOfTwo();
  const conditions = (name: string) =>
    listAt(world.store.get(resourceTypes.nodes, undefined, name), 'status', 'conditions');
  const network = { type: 'NetworkUnavailable', status: 'False', reason: 'CiliumIsUp' };
  const body = { status: { conditions: [...conditions('node1'), network] } };
  const patch = { type: 'merge' as const, body };
  world.store.patch(resourceTypes.nodes, undefined, 'node1', patch, { subresource: 'status' });
  const ready = () =>
    stringAt(
      conditions('node1').find((each) => stringAt(each, 'type') === 'Ready'),
      'status',
    );
  world.cluster.kubelet('node1')?.link.cut('a cable');
  await world.until(() => ready() === 'Unknown', 120_000, 'lost');
  world.cluster.kubelet('node1')?.link.heal('a cable');
  await world.until(() => ready() === 'True', 60_000, 'back');
  assert.ok(conditions('node1').some((each) => stringAt(each, 'reason') === network.reason));
});

test('a pod that was deleted by force while its node was cut off ends when the node is back, and not before', async () => {
  const world = await clusterOfTwo();
  const [pod] = world.pods();
  assert.ok(pod);
  const kubelet = world.cluster.kubelet(stringAt(pod, 'spec', 'nodeName') ?? '');
  const pid = world.cluster.container('default', pod.metadata.name, 'main')?.life?.pid ?? 0;
  kubelet?.link.cut('partition');
  world.store.delete(resourceTypes.pods, 'default', pod.metadata.name, { gracePeriodSeconds: 0 });
  await world.clock.advance(20_000);
  assert.ok(world.processes.running.has(pid), 'still alive on the lost node');
  kubelet?.link.heal('partition');
  await world.until(() => !world.processes.running.has(pid), 3_000, 'ended');
});

test('the pods of a node that stays away are deleted after 300 s, and replaced elsewhere', async () => {
  const world = await clusterOfTwo();
  const [pod] = world.pods();
  assert.ok(pod);
  const node = stringAt(pod, 'spec', 'nodeName') ?? '';
  world.cluster.kubelet(node)?.link.cut('partition');
  await world.until(() => isLeaving(world.find(pod.metadata.name) ?? pod), 500_000, 'deleted');
  const seconds = world.clock.now() / 1_000;
  assert.ok(seconds > 340 && seconds < 372, `${seconds} s`);
  await world.until(() => world.ready().length === 2, 5_000, 'a replacement');
  assert.ok(world.ready().every((each) => stringAt(each, 'spec', 'nodeName') !== node));
  assert.ok(world.find(pod.metadata.name), 'the object stays: nobody can confirm the end');
});

test('the pods of a node that was deleted are marked Failed and removed 40 to 60 s later, their containers not heard of', async () => {
  const world = await clusterOfTwo();
  const [pod] = world.pods();
  assert.ok(pod);
  const { name } = pod.metadata;
  const node = stringAt(pod, 'spec', 'nodeName') ?? '';
  const kubelet = world.cluster.kubelet(node);
  kubelet?.link.cut('partition');
  world.store.delete(resourceTypes.nodes, undefined, node);
  const deletedAt = world.clock.now();
  world.events.length = 0;
  await world.until(() => world.find(name) === undefined, 100_000, 'removed');
  const tookMs = world.clock.now() - deletedAt;
  assert.ok(tookMs > 40_000 && tookMs <= 60_000, `${tookMs} ms`);
  const last = world.events.filter(({ object }) => object.metadata.name === name).at(-1);
  assert.equal(last?.type, 'DELETED');
  assert.equal(stringAt(last?.object, 'status', 'phase'), 'Failed');
  assert.deepEqual(
    listAt(last?.object, 'status', 'containerStatuses'),
    listAt(pod, 'status', 'containerStatuses'),
  );
  kubelet?.link.heal('partition');
  await world.clock.advance(30_000);
  const back = world.store.get(resourceTypes.nodes, undefined, node);
  assert.equal(back, undefined, 'a kubelet registers its node once in its life');
});

test('the API is away for 30 s: crashes restart all the same, no node is lost, and the state is told afterwards', async () => {
  const world = await clusterOfTwo();
  const { name } = world.first().metadata;
  world.cluster.stopApi();
  world.crash(name);
  await world.clock.advance(30_000);
  assert.equal(numberAt(world.status(name), 'restartCount'), 0);
  world.cluster.startApi();
  await world.until(() => numberAt(world.status(name), 'restartCount') === 1, 100, 'told');
  await world.clock.advance(45_000);
  const nodes = world.store.list(resourceTypes.nodes).map((node) => conditionStatus(node, 'Ready'));
  assert.deepEqual(nodes, ['True', 'True']);
});

test('a readiness probe is told at once, without waiting for a relist', async () => {
  const world = new SimulatedCluster({ pleg: 'real' });
  world.replicaSet(1, {
    readinessProbe: { exec: { command: ['cat', '/tmp/health'] }, initialDelaySeconds: 30 },
  });
  await world.until(
    () => world.pods().some((pod) => stringAt(pod, 'status', 'phase') === 'Running'),
    5_000,
    'running',
  );
  assert.equal(world.ready().length, 0);
  await world.until(() => world.ready().length === 1, 40_000, 'ready');
  const started = Date.parse(
    stringAt(world.status(world.first().metadata.name), 'state', 'running', 'startedAt') ?? '',
  );
  assert.ok(world.clock.wallTimeMs() - started >= 30_000);
});

test('an image that nobody has is ErrImagePull, then ImagePullBackOff', async () => {
  const world = new SimulatedCluster();
  world.replicaSet(1, { image: 'nosuch:v1' });
  const reasons = () =>
    world.events.map(({ object }) =>
      stringAt(listAt(object, 'status', 'containerStatuses')[0], 'state', 'waiting', 'reason'),
    );
  await world.until(() => reasons().includes('ImagePullBackOff'), 5_000, 'back-off');
  assert.ok(reasons().includes('ErrImagePull'));
  assert.equal(stringAt(world.first(), 'status', 'phase'), 'Pending');
});

test('init containers run one after the other, before the others', async () => {
  const world = new SimulatedCluster();
  const initContainers = ['first', 'second'].map((name) => ({ name, image: 'server:v1', command: ['once'] }));
  world.replicaSet(1, {}, { initContainers });
  await world.clock.advance(POD_SANDBOX_MS + 100);
  assert.deepEqual(
    [...world.processes.running.values()].map(({ command }) => command.argv),
    [['once']],
  );
  await world.until(() => world.ready().length === 1, 5_000, 'ready');
  assert.ok(world.clock.now() >= 1_000);
});

test('a pod that does not restart ends: Succeeded, and its ReplicaSet makes another', async () => {
  const world = new SimulatedCluster();
  world.store.create(resourceTypes.pods, {
    metadata: { name: 'job', namespace: 'default' },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'server:v1', command: ['once'] }] },
  });
  await world.until(() => stringAt(world.find('job'), 'status', 'phase') === 'Succeeded', 5_000, 'Succeeded');
  const pod = world.find('job');
  assert.ok(pod && conditionStatus(pod, 'Ready') === 'False');
});

/** Simulated time has fractions that a sum of floating-point numbers leaves behind. */
function assertBetween(tookMs: number, leastMs: number, mostMs: number): void {
  assert.ok(Math.round(tookMs) >= leastMs && Math.round(tookMs) <= mostMs, `${tookMs} ms`);
}
