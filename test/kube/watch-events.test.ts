/**
 * Owns the proof, on real sockets, that a watch tells what its stream says, however that is cut, garbled or received.
 * Must not reach into the client: a test sees requests arriving at the server, and what the sink was told.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thing } from './recording-sink.ts';
import type { ScriptedStream } from './scripted-server.ts';
import { until } from './until.ts';
import { serve, versionsAsked, watch, withSnapshot } from './watched.ts';

test('a watch begins with everything there is, as one stream, and goes on with the changes', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream) => {
      stream.event('ADDED', thing('b', 11));
      stream.event('DELETED', thing('a', 12));
      stream.bookmark('15');
    }),
  );
  const { sink, reflector } = watch(context, server.url);
  await until(() => sink.calls.includes('bookmark@15'), 'the bookmark');
  assert.deepEqual(sink.calls, ['applied a@7', 'synced@10', 'applied b@11', 'deleted a@12', 'bookmark@15']);
  assert.deepEqual(sink.names, ['b']);
  assert.equal(reflector.synced, true);
  assert.deepEqual(
    sink.states.map((state) => state.kind),
    ['connecting', 'listing', 'watching'],
  );
  const query = Object.fromEntries(server.requests[0]?.query ?? []);
  const timeoutSeconds = Number(query.timeoutSeconds);
  assert.ok(timeoutSeconds >= 300 && timeoutSeconds <= 600, `timeoutSeconds ${timeoutSeconds}`);
  assert.equal(query.allowWatchBookmarks, 'true');
  assert.equal(query.resourceVersionMatch, 'NotOlderThan');
  assert.equal(query.resourceVersion, undefined);
});

test('a bookmark moves the version from which a quiet watch resumes', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.bookmark('40');
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.calls.includes('bookmark@40'), 'the bookmark');
  server.cut();
  await until(() => server.requests.length === 2, 'the resumed watch', 1_000);
  assert.deepEqual(versionsAsked(server), [null, '40']);
});

test('lines may be cut anywhere, also inside a UTF-8 sequence', async (context) => {
  const name = 'grüße-日本-🙂';
  const lines = Buffer.from(
    `${JSON.stringify({ type: 'ADDED', object: thing('x', 11, name) })}\n${JSON.stringify({ type: 'MODIFIED', object: thing('x', 12, `${name}!`) })}\n`,
  );
  let written = 0;
  const server = await serve(
    context,
    withSnapshot((stream) => {
      const writeNext = () => {
        if (written === lines.length) return;
        stream.raw(lines.subarray(written, ++written));
        setImmediate(writeNext);
      };
      writeNext();
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '12', 'the second line');
  assert.equal(sink.held.get('uid-x')?.note, `${name}!`);
  assert.deepEqual(sink.malformed, []);
});

test('a line of 1 MB is an event like any other', async (context) => {
  const note = 'm'.repeat(1024 * 1024);
  const server = await serve(
    context,
    withSnapshot((stream) => stream.event('ADDED', thing('big', 11, note))),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '11', 'the long line');
  assert.equal(sink.held.get('uid-big')?.note.length, note.length);
});

test('a line longer than any object can be ends the stream and lists again', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.raw('x'.repeat(9 * 1024 * 1024));
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list');
  assert.deepEqual(sink.troubles, ['MALFORMED']);
});

test('a line that is no JSON means that something was missed: everything is listed again', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.raw('{"type":"MODIFIED","object":{"metad\n');
    }),
  );
  const { sink, bugs } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list');
  assert.deepEqual(versionsAsked(server), [null, null]);
  assert.deepEqual(sink.troubles, ['MALFORMED']);
  assert.deepEqual(bugs, []);
});

test('an object that does not decode is skipped and named; the stream goes on, and it still counts as present', async (context) => {
  const server = await serve(context, (request) => {
    const stream = request.stream();
    stream.event('ADDED', { ...thing('bad', 5), note: 17 });
    stream.event('ADDED', thing('good', 6));
    stream.bookmark('10', true);
    stream.event('DELETED', { ...thing('bad', 11), note: 17 });
    stream.bookmark('12');
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.calls.includes('bookmark@12'), 'the last bookmark');
  assert.deepEqual(sink.calls, ['applied good@6', 'synced@10', 'deleted bad@11 unreadable', 'bookmark@12']);
  assert.match(sink.malformed[0] ?? '', /^ns\/bad: note: expected a string/);
});

test('a handler that throws is reported, and the events after it still arrive', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream) => {
      stream.event('ADDED', thing('b', 11));
      stream.event('ADDED', thing('c', 12));
    }),
  );
  const { sink, bugs } = watch(context, server.url);
  sink.onItem = (item) => {
    if (item.name === 'b') throw new Error('of the consumer');
  };
  await until(() => sink.lastVersion === '12', 'the event after the error');
  assert.deepEqual(bugs.map(String), ['Error: of the consumer']);
  assert.deepEqual(sink.troubles, []);
});

test('a reflector that is stopped asks and tells nothing more', async (context) => {
  const streams: ScriptedStream[] = [];
  const server = await serve(
    context,
    withSnapshot((stream) => streams.push(stream)),
  );
  const { sink, reflector } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the first sync');
  sink.onItem = () => reflector.stop();
  streams[0]?.raw(
    `${[11, 12, 13].map((version) => JSON.stringify({ type: 'MODIFIED', object: thing('a', version) })).join('\n')}\n`,
  );
  await until(() => streams[0]?.closed === true, 'the stream cancelled');
  assert.equal(sink.lastVersion, '11');
  assert.equal(server.requests.length, 1);
});

test('an ordered relist drops what is open and lists anew', async (context) => {
  const server = await serve(
    context,
    withSnapshot(() => undefined),
  );
  const { sink, reflector } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the first sync');
  reflector.relist();
  await until(() => sink.syncs === 2, 'the second sync', 1_000);
  assert.deepEqual(versionsAsked(server), [null, null]);
});
