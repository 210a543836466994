/**
 * Owns the proof, on real sockets, that a watch survives whatever happens to its connection.
 * Must not reach into the client: a test sees requests arriving at the server, and what the sink was told.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thing } from './recording-sink.ts';
import { startRelay } from './relay.ts';
import { type ScriptedStream, startScriptedServer } from './scripted-server.ts';
import { until } from './until.ts';
import { isWatchList, serve, status, versionsAsked, watch, withSnapshot } from './watched.ts';

test('a connection dropped mid-stream resumes from the last version, without a list', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.event('MODIFIED', thing('a', 11));
      else stream.event('MODIFIED', thing('a', 12));
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '11', 'the first change');
  server.cut();
  await until(() => sink.lastVersion === '12', 'the change after the drop', 1_000);
  assert.deepEqual(versionsAsked(server), [null, '11']);
  assert.equal(sink.syncs, 1);
  assert.deepEqual(sink.troubles, ['CONNECTION_LOST']);
});

test('a stream that the server resets resumes on the same connection', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.reset();
      else stream.event('MODIFIED', thing('a', 12));
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '12', 'the change after the reset', 1_000);
  assert.equal(server.connections, 1);
});

test('a connection that dies silently is noticed within 3 s and replaced', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count > 0) stream.event('MODIFIED', thing('a', 12));
    }),
  );
  const relay = await startRelay(server.port);
  context.after(() => relay.close());
  const { sink, transport } = watch(context, new URL(`http://127.0.0.1:${relay.port}`));
  await until(() => sink.syncs === 1, 'the first sync');
  assert.equal(transport.alive, true);
  relay.swallow();
  relay.heal();
  await until(() => sink.troubles.includes('PEER_SILENT'), 'the silence noticed', 3_000);
  await until(() => sink.lastVersion === '12', 'the watch on a new connection', 500);
  assert.equal(transport.alive, true);
  assert.deepEqual(versionsAsked(server), [null, '10']);
});

test('a server that answers PINGs on a quiet watch is left alone', async (context) => {
  const server = await serve(
    context,
    withSnapshot(() => undefined),
  );
  const { sink, transport } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the first sync');
  const since = performance.now();
  await until(() => {
    assert.equal(transport.alive, true);
    return performance.now() - since > 3_500;
  }, 'some idle seconds');
  assert.equal(server.connections, 1);
  assert.deepEqual(sink.troubles, []);
});

test('while no connection can be made the watch tries on, and is back within a second', async (context) => {
  const first = await startScriptedServer({ handle: withSnapshot(() => undefined) });
  const { sink } = watch(context, first.url);
  await until(() => sink.syncs === 1, 'the first sync');
  await first.close();
  await until(
    () => sink.troubles.filter((code) => code === 'CONNECTION_REFUSED').length >= 8,
    'several refusals',
  );
  const later = await startScriptedServer({
    port: first.port,
    handle: withSnapshot((stream) => stream.event('MODIFIED', thing('a', 30))),
  });
  context.after(() => later.close());
  await until(() => sink.lastVersion === '30', 'the watch again', 1_000);
  assert.deepEqual(versionsAsked(later), ['10']);
});

test('after a GOAWAY open streams go on, and new requests use a new connection', async (context) => {
  const streams: ScriptedStream[] = [];
  const server = await serve(context, (request) => {
    if (request.method === 'GET' && request.isWatch) withSnapshot((stream) => streams.push(stream))(request);
    else request.answer(200, { connection: request.connection });
  });
  const { sink, transport } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the first sync');
  server.goaway();
  await until(() => server.connections === 2, 'the second connection');
  const answer = await transport.request({ method: 'GET', path: '/version' }, 1_000);
  assert.deepEqual(JSON.parse(answer.body), { connection: 1 });
  streams[0]?.event('MODIFIED', thing('a', 11));
  await until(() => sink.lastVersion === '11', 'a change on the old stream');
  assert.deepEqual(sink.troubles, []);
  streams[0]?.end();
  await until(() => server.requests.filter((request) => request.isWatch).length === 2, 'the resumed watch');
  assert.equal(server.requests.at(-1)?.connection, 1);
  await until(() => server.openConnections === 1, 'the drained connection closed');
});

test('a watch that ends cleanly after an event is resumed at once, without a word of trouble', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count > 0) stream.event('MODIFIED', thing('a', 10 + count));
      if (count < 5) stream.end();
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '15', 'the fifth resumption');
  assert.deepEqual(versionsAsked(server), [null, '10', '11', '12', '13', '14']);
  assert.deepEqual(sink.troubles, []);
});

test('watches that the server ends at once, without an event, are not reopened in a tight loop', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream) => stream.end()),
  );
  const { sink } = watch(context, server.url);
  const since = performance.now();
  await until(() => performance.now() - since > 1_500, 'a second and a half');
  const opened = server.requests.length;
  assert.ok(opened > 2 && opened <= 12, `${opened} watches in 1.5 s`);
  assert.ok(sink.troubles.every((code) => code === 'SHORT_WATCH'));
  assert.equal(sink.syncs, 1);
});

test('a page cut off by a lost connection is asked for again', async (context) => {
  let asked = 0;
  const server = await serve(context, (request) => {
    if (isWatchList(request)) request.answer(422, status(422, 'Invalid'));
    else if (request.isWatch) request.stream();
    else if (asked++ === 0) server.cut();
    else request.answer(200, { metadata: { resourceVersion: '50' }, items: [thing('a', 1)] });
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the sync', 1_000);
  assert.deepEqual(sink.troubles, ['CONNECTION_LOST']);
});
