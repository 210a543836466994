/**
 * Owns the set-up of a transport against a scripted server, for the tests of its promises.
 * Must not expect anything but that failures are TransportErrors.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { TestContext } from 'node:test';
import { type Connection, NO_TLS_MATERIAL, plainConnection } from '../../src/kube/connection.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { type Transport, TransportError } from '../../src/kube/transport.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import {
  type ScriptedRequest,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
  testCertificate,
} from './scripted-server.ts';

export const GET = { method: 'GET', path: '/api/v1/pods' } as const;
export const PATCH = {
  method: 'PATCH',
  path: '/api/v1/namespaces/ns/pods/a',
  contentType: 'application/merge-patch+json',
  body: '{"metadata":{"labels":{"role":"active"}}}',
} as const;

export async function serve(context: TestContext, options: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(options);
  context.after(() => server.close());
  return server;
}

export function open(context: TestContext, connection: Connection): Transport {
  const transport = connectTransport(connection, { clock: realClock, random: realRandom, purpose: 'write' });
  context.after(() => transport.close());
  return transport;
}

export async function listen(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The TransportError that the request ends with. */
export async function failureOf(request: Promise<unknown>): Promise<TransportError> {
  try {
    await request;
  } catch (error) {
    assert.ok(error instanceof TransportError, `not a TransportError: ${error}`);
    return error;
  }
  throw new Error('the request was answered');
}

export const echo = (request: ScriptedRequest): void =>
  request.answer(200, { method: request.method, path: request.path, body: request.body, ...request.headers });

export const tlsConnection = (port: number, more: Partial<Connection> = {}): Connection => ({
  ...plainConnection(new URL(`https://127.0.0.1:${port}`)),
  tls: async () => ({ ...NO_TLS_MATERIAL, ca: testCertificate('ca') }),
  ...more,
});
