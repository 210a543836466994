/**
 * Owns the proof, on real sockets, of what a Transport promises about requests, sessions and credentials.
 * Must not repeat what watch-faults.test.ts shows of streams.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp1Server } from 'node:http';
import { constants } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { type Connection, NO_TLS_MATERIAL, plainConnection } from '../../src/kube/connection.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { type Transport, TransportError } from '../../src/kube/transport.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import { startRelay } from './relay.ts';
import {
  type ScriptedRequest,
  type ScriptedServerOptions,
  startScriptedServer,
  testCertificate,
} from './scripted-server.ts';
import { until } from './until.ts';

const GET = { method: 'GET', path: '/api/v1/pods' } as const;
const PATCH = {
  method: 'PATCH',
  path: '/api/v1/namespaces/ns/pods/a',
  contentType: 'application/merge-patch+json',
  body: '{"metadata":{"labels":{"role":"active"}}}',
} as const;

async function serve(context: TestContext, options: ScriptedServerOptions) {
  const server = await startScriptedServer(options);
  context.after(() => server.close());
  return server;
}

function open(context: TestContext, connection: Connection): Transport {
  const transport = connectTransport(connection, { clock: realClock, random: realRandom, purpose: 'write' });
  context.after(() => transport.close());
  return transport;
}

async function listen(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The TransportError that the request ends with. */
async function failureOf(request: Promise<unknown>): Promise<TransportError> {
  try {
    await request;
  } catch (error) {
    assert.ok(error instanceof TransportError, `not a TransportError: ${error}`);
    return error;
  }
  throw new Error('the request was answered');
}

const echo = (request: ScriptedRequest) =>
  request.answer(200, { method: request.method, path: request.path, body: request.body, ...request.headers });

const tlsConnection = (port: number, more: Partial<Connection> = {}): Connection => ({
  ...plainConnection(new URL(`https://127.0.0.1:${port}`)),
  tls: async () => ({ ...NO_TLS_MATERIAL, ca: testCertificate('ca') }),
  ...more,
});

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
  assert.deepEqual(answers[299], { status: 409, retryAfterMs: 3000, body: 'taken' });
  assert.equal(server.connections, 1);
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

test('over TLS the server is known by its authority, and reconnects resume the session', async (context) => {
  const server = await serve(context, { tls: true, handle: echo });
  const transport = open(context, tlsConnection(server.port));
  assert.equal((await transport.request(GET, 2_000)).status, 200);
  server.cut();
  await until(() => server.connections === 2, 'the second connection');
  assert.equal((await transport.request(GET, 2_000)).status, 200);
  assert.equal(server.resumptions, 1);
});

test('a client certificate is presented', async (context) => {
  const server = await serve(context, { tls: true, requestClientCertificate: true, handle: echo });
  const material = { ...NO_TLS_MATERIAL, ca: testCertificate('ca') };
  const withCertificate = {
    ...material,
    certificate: testCertificate('client'),
    key: testCertificate('client-key'),
  };
  const accepted = open(context, tlsConnection(server.port, { tls: async () => withCertificate }));
  assert.equal((await accepted.request(GET, 2_000)).status, 200);
  const refused = open(context, tlsConnection(server.port, { tls: async () => material }));
  const error = await failureOf(refused.request(GET, 2_000));
  assert.ok(['TLS_UNTRUSTED', 'CONNECTION_LOST'].includes(error.code), `${error.code}: ${error.message}`);
});

test('a server of another authority, or of another name, is TLS_UNTRUSTED', async (context) => {
  const server = await serve(context, { tls: true, handle: echo });
  const stranger = open(context, tlsConnection(server.port, { tls: async () => NO_TLS_MATERIAL }));
  assert.equal((await failureOf(stranger.request(GET, 2_000))).code, 'TLS_UNTRUSTED');
  const ca = testCertificate('ca');
  const misnamed = tlsConnection(server.port, {
    tls: async () => ({ ...NO_TLS_MATERIAL, ca, serverName: 'other.test' }),
  });
  assert.equal((await failureOf(open(context, misnamed).request(GET, 2_000))).code, 'TLS_UNTRUSTED');
  const renamed = tlsConnection(server.port, {
    tls: async () => ({ ...NO_TLS_MATERIAL, ca, serverName: 'api.test' }),
  });
  assert.equal((await open(context, renamed).request(GET, 2_000)).status, 200);
  const insecure = tlsConnection(server.port, {
    tls: async () => ({ ...NO_TLS_MATERIAL, insecureSkipVerify: true }),
  });
  assert.equal((await open(context, insecure).request(GET, 2_000)).status, 200);
});

test('a server without HTTP/2 is one clear error, with and without TLS', async (context) => {
  const plain = createHttp1Server((_request, response) => response.end('{}'));
  const plainPort = await listen(context, plain);
  const first = await failureOf(
    open(context, plainConnection(new URL(`http://127.0.0.1:${plainPort}`))).request(GET, 2_000),
  );
  assert.equal(first.code, 'HTTP2_UNSUPPORTED');
  assert.match(first.message, /does not speak HTTP\/2/);
  const secure = createTlsServer({ cert: testCertificate('server'), key: testCertificate('server-key') });
  secure.on('secureConnection', (socket) => socket.on('error', () => undefined));
  const second = await failureOf(
    open(context, tlsConnection(await listen(context, secure))).request(GET, 2_000),
  );
  assert.equal(second.code, 'HTTP2_UNSUPPORTED');
  const third = await failureOf(open(context, tlsConnection(plainPort)).request(GET, 2_000));
  assert.equal(third.code, 'HTTP2_UNSUPPORTED', third.message);
});

test('on 401 the token is read again and the request is sent once more', async (context) => {
  let token = 'old';
  let refreshes = 0;
  const server = await serve(context, {
    handle: (request) =>
      request.headers.authorization === 'Bearer new' ? echo(request) : request.answer(401, 'no'),
  });
  const transport = open(context, {
    ...plainConnection(server.url),
    authorization: async () => `Bearer ${token}`,
    refresh: async () => {
      refreshes += 1;
    },
  });
  await until(() => server.connections === 1, 'the connection');
  token = 'new';
  assert.equal((await transport.request(PATCH, 2_000)).status, 200);
  assert.equal(refreshes, 1);
  token = 'revoked';
  assert.equal((await transport.request(PATCH, 2_000)).status, 200, 'the token in hand still serves');
  assert.equal(server.requests.length, 3);
});

test('a 401 that a new token does not cure is the answer, after one more try', async (context) => {
  const server = await serve(context, { handle: (request) => request.answer(401, 'no') });
  const transport = open(context, {
    ...plainConnection(server.url),
    authorization: async () => 'Bearer bad',
  });
  assert.equal((await transport.request(GET, 2_000)).status, 401);
  assert.equal(server.requests.length, 2);
});

test('credentials that cannot be read are named, and used once they can', async (context) => {
  let readable = false;
  const server = await serve(context, { handle: echo });
  const transport = open(context, {
    ...plainConnection(server.url),
    authorization: async () => {
      if (!readable) throw new Error('token: /nowhere does not exist');
      return 'Bearer late';
    },
  });
  const error = await failureOf(transport.request(GET, 2_000));
  assert.equal(error.code, 'CREDENTIALS_UNREADABLE');
  assert.match(error.message, /nowhere/);
  readable = true;
  assert.equal((await transport.request(GET, 2_000)).status, 200);
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
