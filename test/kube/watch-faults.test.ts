/**
 * Owns the proof, on real sockets, that a watch survives whatever a server or a network does to it.
 * Must not reach into the client: a test sees requests arriving at the server, and what the sink was told.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { plainConnection } from '../../src/kube/connection.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { type Reflector, startReflector } from '../../src/kube/reflector.ts';
import { PODS } from '../../src/kube/resources.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import { decodeThing, RecordingSink, thing } from './recording-sink.ts';
import { startRelay } from './relay.ts';
import {
  type ScriptedRequest,
  type ScriptedServer,
  type ScriptedStream,
  startScriptedServer,
} from './scripted-server.ts';
import { until } from './until.ts';

interface Watched {
  readonly transport: Transport;
  readonly sink: RecordingSink;
  readonly reflector: Reflector;
  readonly bugs: unknown[];
}

async function serve(
  context: TestContext,
  handle: (request: ScriptedRequest) => void,
): Promise<ScriptedServer> {
  const server = await startScriptedServer({ handle });
  context.after(() => server.close());
  return server;
}

function watch(context: TestContext, url: URL): Watched {
  const options = { clock: realClock, random: realRandom };
  const transport = connectTransport(plainConnection(url), { ...options, purpose: 'watch' });
  const sink = new RecordingSink();
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => bugs.push(error);
  const reflector = startReflector({
    ...options,
    transport,
    resource: PODS,
    decode: decodeThing,
    sink,
    onBug,
  });
  context.after(() => {
    reflector.stop();
    return transport.close();
  });
  return { transport, sink, reflector, bugs };
}

const isWatchList = (request: ScriptedRequest) => request.query.get('sendInitialEvents') === 'true';

/** Answers each WatchList with one object `a` at version 10, and hands every stream to the test. */
function withSnapshot(onStream: (stream: ScriptedStream, request: ScriptedRequest, count: number) => void) {
  let count = 0;
  return (request: ScriptedRequest) => {
    const stream = request.stream();
    if (isWatchList(request)) {
      stream.event('ADDED', thing('a', 7));
      stream.bookmark('10', true);
    }
    onStream(stream, request, count++);
  };
}

const versionsAsked = (server: ScriptedServer) =>
  server.requests.map((request) => request.query.get('resourceVersion'));
const status = (code: number, reason = '', more: object = {}) => ({
  kind: 'Status',
  code,
  reason,
  message: reason,
  ...more,
});

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

test('410 as an answer lists again, and what is gone meanwhile is known to be gone', async (context) => {
  let lists = 0;
  const server = await serve(context, (request) => {
    if (!isWatchList(request)) return request.answer(410, status(410, 'Expired'));
    const stream = request.stream();
    stream.event('ADDED', thing(lists === 0 ? 'a' : 'b', 20 + lists));
    stream.bookmark(String(30 + lists), true);
    lists += 1;
    if (lists === 1) stream.end();
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list', 1_000);
  assert.deepEqual(sink.names, ['b']);
  assert.deepEqual(versionsAsked(server), [null, '30', null]);
});

test('410 as an event lists again', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.event('ERROR', status(410, 'Expired'));
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list', 1_000);
  assert.deepEqual(versionsAsked(server), [null, null]);
});

test('429 waits as long as Retry-After says and then resumes the watch, without a list', async (context) => {
  let refusedAt = 0;
  let resumedAt = 0;
  const server = await serve(context, (request) => {
    if (isWatchList(request)) {
      withSnapshot((stream) => stream.end())(request);
    } else if (refusedAt === 0) {
      refusedAt = performance.now();
      request.answer(429, status(429, 'TooManyRequests'), { 'retry-after': '1' });
    } else {
      resumedAt = performance.now();
      request.stream().event('MODIFIED', thing('a', 12));
    }
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '12', 'the watch after the 429');
  assert.ok(resumedAt - refusedAt >= 990, `came back after ${resumedAt - refusedAt} ms`);
  assert.deepEqual(versionsAsked(server), [null, '10', '10']);
  assert.deepEqual(sink.troubles, ['TOO_MANY_REQUESTS']);
});

test('a 503 during a list backs off and lists again', async (context) => {
  let count = 0;
  const server = await serve(context, (request) => {
    if (count++ === 0) request.answer(503, 'upstream connect error');
    else withSnapshot(() => undefined)(request);
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the list');
  assert.deepEqual(sink.troubles, ['SERVER_ERROR']);
});

test('an ERROR event with code 500 resumes with the old version, and relists when it does not stop', async (context) => {
  const server = await serve(context, (request) => {
    const stream = request.stream();
    if (isWatchList(request)) {
      stream.bookmark('10', true);
      if (server.requests.filter(isWatchList).length === 2) return;
    }
    stream.event('ERROR', status(500, 'InternalError'));
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list');
  assert.deepEqual(versionsAsked(server), [null, '10', '10', '10', null]);
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

test('a server without WatchList is listed in pages and then watched', async (context) => {
  const pages: Record<string, object> = {
    '': { metadata: { resourceVersion: '50', continue: 'second' }, items: [thing('a', 1), thing('b', 2)] },
    second: { metadata: { resourceVersion: '50' }, items: [thing('c', 3)] },
  };
  const server = await serve(context, (request) => {
    if (isWatchList(request)) request.answer(422, status(422, 'Invalid'));
    else if (request.isWatch) request.stream().event('ADDED', thing('d', 51));
    else request.answer(200, pages[request.query.get('continue') ?? '']);
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '51', 'the watch');
  assert.deepEqual(sink.calls, ['applied a@1', 'applied b@2', 'applied c@3', 'synced@50', 'applied d@51']);
  assert.deepEqual(
    server.requests.map((request) => request.query.get('limit')),
    [null, '500', '500', null],
  );
  assert.equal(server.requests.at(-1)?.query.get('resourceVersion'), '50');
});

test('a continue token that has expired lists once more, in one piece', async (context) => {
  const server = await serve(context, (request) => {
    if (isWatchList(request)) request.answer(400, status(400, 'BadRequest'));
    else if (request.isWatch) request.stream();
    else if (request.query.get('continue') === 'old') request.answer(410, status(410, 'Expired'));
    else if (request.query.get('limit') === '500') {
      request.answer(200, { metadata: { resourceVersion: '50', continue: 'old' }, items: [thing('a', 1)] });
    } else request.answer(200, { metadata: { resourceVersion: '60' }, items: [thing('b', 55)] });
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the sync');
  assert.deepEqual(sink.names, ['b']);
  assert.equal(sink.calls.at(-1), 'synced@60');
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

test('missing rights are named, and found again once they are given', async (context) => {
  let allowed = false;
  const message =
    'pods is forbidden: User "system:serviceaccount:ns:sa" cannot watch resource "pods" in API group "" at the cluster scope';
  const server = await serve(context, (request) => {
    if (allowed) withSnapshot(() => undefined)(request);
    else
      request.answer(403, {
        kind: 'Status',
        code: 403,
        reason: 'Forbidden',
        message,
        details: { kind: 'pods' },
      });
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.state === 'forbidden', 'the refusal reported');
  const [refusal] = sink.states.filter((state) => state.kind === 'forbidden');
  assert.deepEqual({ verb: refusal?.verb, resource: refusal?.resource }, { verb: 'watch', resource: 'pods' });
  allowed = true;
  await until(() => sink.syncs === 1, 'the sync');
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
