/** The second address family of a Service, on the embedded API; its Service is fed by hand, as that API has one family. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiCalls } from '../../src/controller/api-calls.ts';
import { directFollowers } from '../../src/controller/direct-record-codec.ts';
import { DirectTraffic } from '../../src/controller/direct-traffic.ts';
import { noMetrics } from '../../src/controller/metrics.ts';
import { noTerms } from '../../src/controller/pod-codec.ts';
import { RecordView } from '../../src/controller/record-view.ts';
import { type Followed, SecondFamily } from '../../src/controller/second-family.ts';
import { ServiceView } from '../../src/controller/service-view.ts';
import { SingletonPods } from '../../src/controller/singleton-pods.ts';
import { type Epoch, type Incarnation, podUid } from '../../src/core/identity.ts';
import { decodeEndpointSlice } from '../../src/kube/decode-endpoint-slice.ts';
import { decodeService } from '../../src/kube/decode-service.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { DeclaredWorld } from './declared-world.ts';
import { World } from './world.ts';
import { WorldTransport } from './world-transport.ts';

const service = 'feed';
const noWords = () => undefined;

function setUp(podFamilies: readonly string[] = ['IPv4', 'IPv6']) {
  const world = new World();
  for (const name of ['a', 'b']) world.addPod(name);
  const { clock, handler, store } = world;
  const metadata = {
    name: service,
    namespace: 'default',
    uid: 's',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  const services = new ServiceView({ onChanged: noWords, onMalformed: noWords });
  const spec = { clusterIP: '10.96.0.1', ipFamilies: ['IPv4', 'IPv6'], ports: [{ port: 8080 }] };
  services.sinkFor(undefined).onApplied(decodeService({ metadata, spec }), '1');
  const pods = new SingletonPods({
    namespace: 'default',
    terms: () => noTerms,
    isHolder: () => false,
    onProblem: noWords,
  });
  for (const pod of world.pods()) {
    const ips = pod.ips.slice(0, podFamilies.length);
    pods.apply({ ...pod, ips }, clock.now());
  }
  const slices = new RecordView({
    kind: directFollowers,
    onChanged: noWords,
    onSynced: noWords,
    onProblem: noWords,
    onMalformed: noWords,
  });
  slices.sinkFor(undefined).onSynced(new Set(), '1');
  const transport = new WorldTransport({ handler, clock, latencyMs: () => 1 });
  const calls = new ApiCalls({ transport, clock, metrics: noMetrics, onForbidden: noWords });
  const traffic = new DirectTraffic({ namespace: 'default', serviceName: service, services, pods });
  const second = new SecondFamily({
    namespace: 'default',
    singletonName: service,
    clock,
    calls,
    slices,
    traffic,
  });
  const follow = async (followed: Followed) => {
    const outcome = second.follow(followed);
    await clock.advance(10);
    return (await outcome).kind;
  };
  const found = () => {
    const stored = store.get(resourceTypes.endpointslices, 'default', `understudy-${service}-second`);
    assert.ok(stored !== undefined);
    const { addressType, annotations, endpoints } = decodeEndpointSlice(stored);
    const ready = endpoints.filter((endpoint) => endpoint.ready).flatMap(({ addresses }) => addresses);
    return [addressType, annotations['understudy.dev/record-epoch'], ...ready];
  };
  const followed = (name: string, epoch: number, serving = true, touched = false): Followed => ({
    holder: {
      uid: podUid(world.pod(name)?.uid ?? ''),
      name,
      incarnation: `${name}/` as Incarnation,
      hasStopped: false,
    },
    epoch: epoch as Epoch,
    serving,
    touched,
  });
  return { world, second, follow, found, followed };
}

test('the second family follows the record: its epoch, and the same holder by its other address', async () => {
  const { second, follow, found, followed } = setUp();
  assert.equal(second.state(followed('a', 1)), 'behind');
  assert.equal(await follow(followed('a', 1)), 'written');
  assert.deepEqual(found(), ['IPv6', '1', 'fd00::1']);
  assert.equal(second.state(followed('a', 1)), 'current');
  assert.equal(second.state(followed('b', 2)), 'behind');
  assert.equal(await follow(followed('b', 2)), 'written');
  assert.deepEqual(found(), ['IPv6', '2', 'fd00::2']);
});

test('a holder that can not serve is not ready in the second family either', async () => {
  const { second, follow, found, followed } = setUp();
  await follow(followed('a', 1));
  assert.equal(second.state(followed('a', 1, false)), 'behind');
  assert.equal(await follow(followed('a', 1, false)), 'written');
  assert.deepEqual(found(), ['IPv6', '1']);
});

test('G2: who follows an older version of the record changes nothing', async () => {
  const { follow, found, followed } = setUp();
  await follow(followed('b', 2));
  assert.equal(await follow(followed('a', 1)), 'lost');
  assert.deepEqual(found(), ['IPv6', '2', 'fd00::2']);
});

test('a holder without an address of the second family has no slice there, and none is asked for', () => {
  const { second, followed } = setUp(['IPv4']);
  assert.equal(second.state(followed('a', 1)), undefined);
});

/** The embedded API has one family: only of a headless Service without a selector it lets both be said. */
const dual = { clusterIP: 'None', ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] };
const single = { clusterIP: 'None', ipFamilyPolicy: 'SingleStack' };

test('G2: a Service that gains a selector, in the middle of a failover too, is left by the endpoints of both families', async () => {
  for (const fails of [false, true]) {
    const world = new DeclaredWorld();
    for (const name of ['a', 'b']) world.addPod(name);
    world.setService(service, undefined, dual);
    world.createSingleton(service);
    world.addController('c1');
    await world.clock.advanceUntil(() => world.slices(service) === 2, 10_000, 'endpoints of both families');
    world.setService(service, { app: 'hapod', role: 'active' }, single);
    await world.clock.advance(1_000);
    if (fails) world.forceDelete('a');
    else world.setKubernetesSlice(service, ['a']);
    await world.clock.advanceUntil(() => world.actives().join() === (fails ? 'b' : 'a'), 1_000, 'an active');
    await world.clock.advance(fails ? 0 : 1_000);
    assert.deepEqual(world.reached(service), fails ? [] : ['a']);
    assert.equal(world.slices(service), fails ? 0 : 1);
    await world.end();
  }
});

test('what a dataplane may have missed of the second family is written once more after the record was', async () => {
  const { world, second, follow, found, followed } = setUp();
  await follow(followed('a', 1));
  const written = () =>
    world.store.get(resourceTypes.endpointslices, 'default', `understudy-${service}-second`)?.metadata;
  const before = written()?.resourceVersion;
  assert.equal(second.state(followed('a', 1, true, true)), 'behind');
  assert.equal(await follow(followed('a', 1, true, true)), 'written');
  assert.notEqual(written()?.resourceVersion, before);
  assert.deepEqual(found(), ['IPv6', '1', 'fd00::1']);
  assert.equal(second.state(followed('a', 1, true, true)), 'current');
});

test('a Service that has one family by now keeps no endpoints of the other one', async () => {
  const world = new DeclaredWorld();
  for (const name of ['a', 'b']) world.addPod(name);
  world.setService(service, undefined, dual);
  world.createSingleton(service);
  world.addController('c1');
  await world.clock.advanceUntil(() => world.slices(service) === 2, 10_000, 'endpoints of both families');
  world.setService(service, undefined, single);
  await world.clock.advanceUntil(() => world.slices(service) === 1, 1_000, 'one slice');
  assert.deepEqual(world.reached(service), ['a']);
  await world.end();
});
