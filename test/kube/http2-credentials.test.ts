/**
 * Owns the proof, on real sockets, of what a Transport promises about certificates, tokens and servers that are not what they should be.
 * Must not repeat what the watch tests show of streams.
 */
import assert from 'node:assert/strict';
import { createServer as createHttp1Server } from 'node:http';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { NO_TLS_MATERIAL, plainConnection } from '../../src/kube/connection.ts';
import { echo, failureOf, GET, listen, open, PATCH, serve, tlsConnection } from './opened.ts';
import { testCertificate } from './scripted-server.ts';
import { until } from './until.ts';

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
