/**
 * Owns the proof that the reflector and the event writer run on simulated time, without sockets, and what they do over
 * times that no test can wait for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventNotice } from '../../src/kube/encode-event.ts';
import { startEventWriter } from '../../src/kube/event-writer.ts';
import { EVENT_BURST, EVENT_QUEUE_MAX } from '../../src/kube/limits.ts';
import { type Reflector, startReflector } from '../../src/kube/reflector.ts';
import { PODS } from '../../src/kube/resources.ts';
import { SeededRandom, SimulatedClock } from '../../src/time/simulated-clock.ts';
import { failure, InMemoryTransport, line } from './in-memory-transport.ts';
import { decodeThing, RecordingSink, thing } from './recording-sink.ts';

function watch(transport: InMemoryTransport): {
  clock: SimulatedClock;
  sink: RecordingSink;
  reflector: Reflector;
  bugs: unknown[];
} {
  const clock = new SimulatedClock();
  const sink = new RecordingSink();
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => bugs.push(error);
  const random = new SeededRandom(1);
  const reflector = startReflector({
    transport,
    clock,
    random,
    resource: PODS,
    decode: decodeThing,
    sink,
    onBug,
  });
  return { clock, sink, reflector, bugs };
}

const endBookmark = line('BOOKMARK', {
  metadata: { resourceVersion: '10', annotations: { 'k8s.io/initial-events-end': 'true' } },
});

test('a day of outages that answer within the very call neither recurses, nor spins, nor ends the watch', async () => {
  const transport = new InMemoryTransport();
  transport.onStream = (stream) => stream.sink.onEnd(failure('CONNECTION_REFUSED'));
  const { clock, sink, bugs } = watch(transport);
  await clock.advance(60_000);
  const attempts = transport.streams.length;
  assert.ok(attempts > 60_000 / 250 && attempts < 60_000 / 125 + 10, `${attempts} attempts in a minute`);
  transport.onStream = (stream) => {
    stream.sink.onHead(200, undefined);
    stream.sink.onChunk(line('ADDED', thing('a', 1)));
    stream.sink.onChunk(endBookmark);
  };
  await clock.advanceUntil(() => sink.syncs === 1, 250, 'the sync');
  assert.deepEqual(sink.names, ['a']);
  assert.deepEqual(bugs, []);
});

test('a watch that the server forgets is reopened half a minute after its time', async () => {
  const transport = new InMemoryTransport();
  const { clock } = watch(transport);
  const [first] = transport.streams;
  first?.sink.onHead(200, undefined);
  first?.sink.onChunk(endBookmark);
  const timeoutSeconds = Number(new URLSearchParams(first?.request.path.split('?')[1]).get('timeoutSeconds'));
  await clock.advance(timeoutSeconds * 1_000 + 29_000);
  assert.equal(transport.streams.length, 1);
  await clock.advance(1_000);
  assert.equal(transport.streams.length, 2);
  assert.equal(first?.cancelled, true);
  assert.match(transport.streams[1]?.request.path ?? '', /resourceVersion=10&/);
});

test('a WatchList whose bookmark never comes makes room for a list', async () => {
  const transport = new InMemoryTransport();
  transport.answer = async () => ({
    status: 200,
    retryAfterMs: undefined,
    body: JSON.stringify({ metadata: { resourceVersion: '20' }, items: [thing('b', 15)] }),
  });
  const { clock, sink } = watch(transport);
  transport.streams[0]?.sink.onHead(200, undefined);
  transport.streams[0]?.sink.onChunk(line('ADDED', thing('a', 1)));
  await clock.advance(10_000);
  assert.deepEqual(sink.calls, ['applied a@1', 'applied b@15', 'synced@20']);
  assert.deepEqual(sink.names, ['b']);
});

test('a bookmark within a snapshot is not passed on: it says nothing about what is yet to come', () => {
  const transport = new InMemoryTransport();
  const { sink } = watch(transport);
  transport.streams[0]?.sink.onHead(200, undefined);
  transport.streams[0]?.sink.onChunk(line('BOOKMARK', { metadata: { resourceVersion: '9' } }));
  transport.streams[0]?.sink.onChunk(endBookmark);
  transport.streams[0]?.sink.onChunk(line('BOOKMARK', { metadata: { resourceVersion: '12' } }));
  assert.deepEqual(sink.calls, ['synced@10', 'bookmark@12']);
});

test('what a replaced stream still says is not listened to', async () => {
  const transport = new InMemoryTransport();
  const { sink, reflector } = watch(transport);
  const [first] = transport.streams;
  first?.sink.onHead(200, undefined);
  first?.sink.onChunk(endBookmark);
  reflector.relist();
  assert.equal(first?.cancelled, true);
  first?.sink.onChunk(line('ADDED', thing('late', 11)));
  first?.sink.onEnd(failure('CONNECTION_LOST'));
  assert.equal(transport.streams.length, 2);
  assert.deepEqual(sink.names, []);
});

test('a sink that orders a relist from within an event gets one, and no more of the old stream', () => {
  const transport = new InMemoryTransport();
  const { sink, reflector } = watch(transport);
  transport.streams[0]?.sink.onHead(200, undefined);
  sink.onItem = () => reflector.relist();
  transport.streams[0]?.sink.onChunk(
    Buffer.concat([line('ADDED', thing('a', 1)), line('ADDED', thing('b', 2)), endBookmark]),
  );
  assert.deepEqual(sink.calls, ['applied a@1']);
  assert.equal(transport.streams.length, 2);
  assert.equal(reflector.synced, false);
});

test('a refusal whose body never ends is judged by its status after a second', async () => {
  const transport = new InMemoryTransport();
  const { clock, sink } = watch(transport);
  transport.streams[0]?.sink.onHead(503, 7_000);
  await clock.advance(1_000);
  assert.deepEqual(sink.troubles, ['SERVER_ERROR']);
  assert.equal(transport.streams[0]?.cancelled, true);
  await clock.advance(7_000 * 1.2);
  assert.equal(transport.streams.length, 2);
});

test('a stopped reflector leaves no timer behind, whenever it is stopped', async () => {
  for (const until of ['opened', 'refusing', 'waiting', 'watching']) {
    const transport = new InMemoryTransport();
    const { clock, reflector, sink } = watch(transport);
    if (until === 'refusing') transport.streams[0]?.sink.onHead(503, undefined);
    if (until === 'waiting') {
      transport.streams[0]?.sink.onEnd(failure('CONNECTION_LOST'));
      transport.streams[1]?.sink.onEnd(failure('CONNECTION_REFUSED'));
    }
    if (until === 'watching') {
      transport.streams[0]?.sink.onHead(200, undefined);
      transport.streams[0]?.sink.onChunk(endBookmark);
    }
    reflector.stop();
    const [calls, opened] = [sink.states.length, transport.streams.length];
    await assert.rejects(
      clock.advanceUntil(() => false, 1e9),
      /not reached/,
    );
    assert.equal(clock.now(), 0, `a timer ran after the stop while ${until}`);
    assert.deepEqual([sink.states.length, transport.streams.length], [calls, opened]);
  }
});

test('a closed transport ends the watch quietly', async () => {
  const transport = new InMemoryTransport();
  const { clock } = watch(transport);
  await transport.close();
  await clock.advance(3_600_000);
  assert.equal(transport.streams.length, 1);
});

const notice = (message: string): EventNotice => ({
  regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'ns', name: 'a', uid: 'u' },
  type: 'Normal',
  reason: 'Promoted',
  message,
});

function writer(status: (request: { method: string }) => number) {
  const clock = new SimulatedClock();
  const transport = new InMemoryTransport();
  transport.answer = async (request) => ({ status: status(request), retryAfterMs: undefined, body: '{}' });
  const reporter = { component: 'understudy', instance: 'pod-1' };
  const events = startEventWriter({ transport, clock, random: new SeededRandom(1), reporter });
  return { clock, transport, events };
}

test('an Event is created once, and its repetitions are counted in it', async () => {
  const { clock, transport, events } = writer((request) => (request.method === 'POST' ? 201 : 200));
  events.write(notice('first'));
  await clock.advance(0);
  for (let count = 0; count < 9; count++) events.write(notice('first'));
  await clock.advance(10_000);
  assert.equal(transport.requests[0]?.path, '/api/v1/namespaces/ns/events');
  const created = JSON.parse(transport.requests[0]?.body ?? '');
  assert.equal(created.count, 1);
  assert.deepEqual(created.involvedObject, {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'ns',
    name: 'a',
    uid: 'u',
  });
  assert.ok(transport.requests.length <= 3, 'repetitions while one is under way are one write');
  const last = transport.requests.at(-1);
  assert.equal(last?.method, 'PATCH');
  assert.equal(last?.path, `/api/v1/namespaces/ns/events/${created.metadata.name}`);
  assert.equal(JSON.parse(last?.body ?? '').count, 10);
});

test('an Event that the server has forgotten is created anew', async () => {
  const { clock, transport, events } = writer((request) => (request.method === 'POST' ? 201 : 404));
  events.write(notice('first'));
  await clock.advance(0);
  events.write(notice('first'));
  await clock.advance(10_000);
  assert.deepEqual(
    transport.requests.map((request) => request.method),
    ['POST', 'PATCH', 'POST'],
  );
  assert.equal(JSON.parse(transport.requests[2]?.body ?? '').count, 1);
});

test('a flood of Events is limited in rate and in memory, and what is lost is counted', async () => {
  const { clock, transport, events } = writer(() => 201);
  for (let count = 0; count < 2_000; count++) events.write(notice(`message ${count}`));
  assert.ok(events.waiting <= EVENT_QUEUE_MAX);
  await clock.advance(1_000);
  assert.ok(transport.requests.length <= EVENT_BURST + 5 + 1, `${transport.requests.length} in a second`);
  await clock.advance(600_000);
  assert.equal(events.waiting, 0);
  assert.equal(transport.requests.length + events.dropped, 2_000);
});

test('Events outlive an API outage, and are dropped when the server forbids them', async () => {
  let up = false;
  const { clock, transport, events } = writer(() => (up ? 201 : 503));
  events.write(notice('first'));
  await clock.advance(60_000);
  up = true;
  await clock.advance(2_000);
  assert.equal(events.waiting, 0);
  assert.equal(events.dropped, 0);
  assert.equal(
    new Set(transport.requests.map((request) => JSON.parse(request.body ?? '').metadata.name)).size,
    1,
  );
  const forbidden = writer(() => 403);
  forbidden.events.write(notice('first'));
  await forbidden.clock.advance(60_000);
  assert.equal(forbidden.events.dropped, 1);
  assert.equal(forbidden.transport.requests.length, 1);
});

test('a stopped event writer writes nothing more', async () => {
  const { clock, transport, events } = writer(() => 503);
  events.write(notice('first'));
  await clock.advance(0);
  events.stop();
  events.write(notice('second'));
  await clock.advance(60_000);
  assert.equal(transport.requests.length, 1);
});
