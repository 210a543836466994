/**
 * Owns the proof, on real sockets, of what a Transport promises about requests and sessions.
 * Must not repeat what the watch tests show of streams.
 */
import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { plainConnection } from '../../src/kube/connection.ts';
import { TransportError } from '../../src/kube/transport.ts';
import { echo, failureOf, GET, listen, open, PATCH, serve, tlsConnection } from './opened.ts';
import { startRelay } from './relay.ts';
import { startScriptedServer } from './scripted-server.ts';
import { until } from './until.ts';

test('a request made while the session is still connecting waits for it', async (context) => {
  const server = await serve(context, { handle: echo });
  const transport = open(context, plainConnection(server.url));
  const answer = await transport.request(PATCH, 2_000);
  assert.equal(answer.status, 200);
  const seen = JSON.parse(answer.body);
  assert.equal(seen.method, 'PATCH');
  assert.equal(seen.path, '/api/v1/namespaces/ns/pods/a');
  assert.equal(seen.body, PATCH.body);
  assert.equal(seen['content-type'], 'application/merge-patch+json');
  assert.equal(seen['user-agent'], 'understudy (write)');
});

test('all requests share one connection, and an answer other than 2xx is an answer', async (context) => {
  const server = await serve(context, {
    handle: (request) => request.answer(409, 'taken', { 'retry-after': '3' }),
  });
  const transport = open(context, plainConnection(server.url));
  const answers = await Promise.all(Array.from({ length: 300 }, () => transport.request(GET, 5_000)));
  assert.deepEqual(
    answers.slice(299).map(({ status, retryAfterMs, body }) => ({ status, retryAfterMs, body })),
    [{ status: 409, retryAfterMs: 3000, body: 'taken' }],
  );
  assert.equal(server.connections, 1);
});

test('an answer carries the time of the server, in whole seconds, where the server says it', async (context) => {
  const server = await serve(context, {
    handle: (request) => request.answer(200, '{}', { date: 'Wed, 25 Nov 2026 19:00:07 GMT' }),
  });
  const transport = open(context, plainConnection(server.url));
  const { serverTimeMs } = await transport.request(GET, 2_000);
  assert.equal(serverTimeMs, Date.UTC(2026, 10, 25, 19, 0, 7));
});

test('a server URL with a path puts it before every request', async (context) => {
  const server = await serve(context, { handle: echo });
  const transport = open(context, plainConnection(new URL('/clusters/one/', server.url)));
  assert.equal(JSON.parse((await transport.request(GET, 2_000)).body).path, '/clusters/one/api/v1/pods');
});

test('an answer that does not come in time is REQUEST_TIMEOUT, and its stream is reset', async (context) => {
  const server = await serve(context, { handle: () => undefined });
  const transport = open(context, plainConnection(server.url));
  const error = await failureOf(transport.request(PATCH, 100));
  assert.deepEqual(
    { code: error.code, delivered: error.delivered },
    { code: 'REQUEST_TIMEOUT', delivered: 'unknown' },
  );
  await until(() => server.requests[0]?.closed === true, 'the stream reset');
});

test('after a timeout on a connection that has said nothing else, the next request uses a new one', async (context) => {
  const server = await serve(context, { handle: echo });
  const relay = await startRelay(server.port);
  context.after(() => relay.close());
  const transport = open(context, plainConnection(new URL(`http://127.0.0.1:${relay.port}`)));
  assert.equal((await transport.request(PATCH, 2_000)).status, 200);
  relay.swallow();
  relay.heal();
  assert.equal((await failureOf(transport.request(PATCH, 100))).code, 'REQUEST_TIMEOUT');
  // Well before the PING can have found out.
  assert.equal((await transport.request(PATCH, 500)).status, 200);
  assert.equal(server.connections, 2);
});

test('a timeout on a connection that goes on answering others does not cost it', async (context) => {
  const server = await serve(context, {
    handle: (request) => (request.method === 'GET' ? echo(request) : undefined),
  });
  const transport = open(context, plainConnection(server.url));
  const slow = failureOf(transport.request(PATCH, 200));
  await until(() => server.requests.length === 1, 'the slow request');
  assert.equal((await transport.request(GET, 2_000)).status, 200);
  assert.equal((await slow).code, 'REQUEST_TIMEOUT');
  assert.equal((await transport.request(GET, 2_000)).status, 200);
  assert.equal(server.connections, 1);
});

test('a request that never found a session was certainly not delivered', async (context) => {
  const mute = await listen(context, createTcpServer());
  const relay = await startRelay(mute);
  context.after(() => relay.close());
  const transport = open(context, tlsConnection(relay.port));
  const error = await failureOf(transport.request(PATCH, 50));
  assert.deepEqual(
    { code: error.code, delivered: error.delivered },
    { code: 'REQUEST_TIMEOUT', delivered: 'no' },
  );
});

test('nobody listening is CONNECTION_REFUSED, at once', async (context) => {
  const server = await startScriptedServer({ handle: echo });
  await server.close();
  const transport = open(context, plainConnection(server.url));
  const error = await failureOf(transport.request(GET, 60_000));
  assert.deepEqual(
    { code: error.code, delivered: error.delivered },
    { code: 'CONNECTION_REFUSED', delivered: 'no' },
  );
});

test('a connection lost with a request under way leaves open whether it was delivered', async (context) => {
  const server = await serve(context, { handle: () => server.cut() });
  const transport = open(context, plainConnection(server.url));
  const error = await failureOf(transport.request(PATCH, 5_000));
  assert.deepEqual(
    { code: error.code, delivered: error.delivered },
    { code: 'CONNECTION_LOST', delivered: 'unknown' },
  );
});

test('an answer cut off in its middle is a lost connection, not a short answer', async (context) => {
  const server = await serve(context, {
    handle: (request) => {
      request.stream().raw('{"half":');
      setImmediate(() => server.cut());
    },
  });
  const transport = open(context, plainConnection(server.url));
  assert.equal((await failureOf(transport.request(GET, 5_000))).code, 'CONNECTION_LOST');
});

test('an answer that the server resets in its middle is a lost connection too', async (context) => {
  const server = await serve(context, {
    handle: (request) => {
      const stream = request.stream();
      stream.raw('{"half":');
      setImmediate(() => stream.reset());
    },
  });
  const transport = open(context, plainConnection(server.url));
  assert.equal((await failureOf(transport.request(GET, 5_000))).code, 'CONNECTION_LOST');
});

test('a request that the server refuses unseen is sent once more, by itself', async (context) => {
  const server = await serve(context, {
    handle: (request) => {
      if (server.requests.length === 1) request.reset(constants.NGHTTP2_REFUSED_STREAM);
      else echo(request);
    },
  });
  const transport = open(context, plainConnection(server.url));
  assert.equal((await transport.request(PATCH, 2_000)).status, 200);
  assert.equal(server.requests.length, 2);
});

test('a request that is refused unseen again and again fails, and was not delivered', async (context) => {
  const server = await serve(context, {
    handle: (request) => request.reset(constants.NGHTTP2_REFUSED_STREAM),
  });
  const transport = open(context, plainConnection(server.url));
  const error = await failureOf(transport.request(PATCH, 2_000));
  assert.deepEqual(
    { code: error.code, delivered: error.delivered },
    { code: 'CONNECTION_LOST', delivered: 'no' },
  );
  assert.equal(server.requests.length, 2);
});

test('GOAWAYs in quick succession cost no request', async (context) => {
  const server = await serve(context, {
    handle: (request) => {
      if (server.requests.length % 5 === 0) server.goaway();
      echo(request);
    },
  });
  const transport = open(context, plainConnection(server.url));
  for (let count = 0; count < 60; count++) assert.equal((await transport.request(PATCH, 2_000)).status, 200);
  assert.ok(server.connections >= 12);
  await until(() => server.openConnections === 1, 'the drained connections closed');
});

test('a GOAWAY with an error ends the session, and the next request opens another', async (context) => {
  const server = await serve(context, {
    handle: (request) => (server.requests.length === 1 ? server.fail() : echo(request)),
  });
  const transport = open(context, plainConnection(server.url));
  await transport.request(PATCH, 2_000).catch((error: unknown) => assert.ok(error instanceof TransportError));
  assert.equal((await transport.request(PATCH, 2_000)).status, 200);
});

test('a stream cancelled before its session is there is never sent', async (context) => {
  const server = await serve(context, { handle: echo });
  const transport = open(context, plainConnection(server.url));
  const calls: string[] = [];
  const sink = {
    onHead: () => calls.push('head'),
    onChunk: () => calls.push('chunk'),
    onEnd: () => calls.push('end'),
  };
  const handle = transport.stream(GET, sink);
  handle.cancel();
  handle.cancel();
  assert.equal((await transport.request(PATCH, 2_000)).status, 200);
  assert.deepEqual(calls, []);
  assert.deepEqual(
    server.requests.map((request) => request.method),
    ['PATCH'],
  );
});

test('a stream cancelled from within its own callbacks hears nothing more', async (context) => {
  const server = await serve(context, { handle: echo });
  const transport = open(context, plainConnection(server.url));
  const calls: string[] = [];
  const handle = transport.stream(GET, {
    onHead: () => {
      calls.push('head');
      handle.cancel();
    },
    onChunk: () => calls.push('chunk'),
    onEnd: () => calls.push('end'),
  });
  await until(() => calls.length > 0, 'the head');
  await transport.request(GET, 2_000);
  assert.deepEqual(calls, ['head']);
});

test('closing tells everybody who waits or listens, once, and closes the connection', async (context) => {
  const server = await serve(context, { handle: (request) => void request.stream() });
  const transport = open(context, plainConnection(server.url));
  const ends: string[] = [];
  const sink = { onHead: () => undefined, onChunk: () => undefined };
  transport.stream(GET, { ...sink, onEnd: (cause) => ends.push(cause?.code ?? 'orderly') });
  await until(() => server.requests.length === 1, 'the stream');
  const pending = failureOf(transport.request(GET, 60_000));
  await transport.close();
  assert.equal((await pending).code, 'CLOSED');
  assert.deepEqual(ends, ['CLOSED']);
  assert.equal((await failureOf(transport.request(GET, 60_000))).code, 'CLOSED');
  assert.equal(transport.alive, false);
  await until(() => server.openConnections === 0, 'the connection closed');
  await transport.close();
});

test('closing while connecting leaves nothing behind', async (context) => {
  const server = await serve(context, { tls: true, handle: echo });
  const transport = open(context, tlsConnection(server.port));
  const pending = failureOf(transport.request(GET, 60_000));
  await transport.close();
  assert.equal((await pending).code, 'CLOSED');
  await until(() => server.openConnections === 0, 'no connection');
});
