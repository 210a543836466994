/**
 * Owns the health port: /healthz, /readyz, /metrics and /timelines.
 * Must not know how the controller works: it shows what it is given.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Timeline } from './timeline.ts';

export interface HealthSources {
  /** Why this controller is not ready, one sentence each; empty when it is. */
  readonly unready: () => readonly string[];
  readonly timelines: () => readonly Timeline[];
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Where to listen. `port` 0: any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HealthServer {
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/** The port could not be opened: taken, or not ours to open. */
export class ListenError extends Error {
  readonly code = 'LISTEN_FAILED';
  readonly retry = 'never';

  constructor(address: ListenAddress, cause: Error) {
    const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
    const because = isTaken ? 'the port is taken' : cause.message;
    super(`cannot listen on ${address.host}:${address.port} (--listen): ${because}`, { cause });
    this.name = 'ListenError';
  }
}

/** Rejects with a ListenError. */
export function startHealthServer(address: ListenAddress, sources: HealthSources): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, response, sources).catch((error: unknown) => {
      // The client has gone, or a source has a bug: neither is worth the controller.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError(address, error)));
    server.listen(address.port, address.host, () => resolve(serving(server, address)));
  });
}

function serving(server: Server, address: ListenAddress): HealthServer {
  const bound = server.address();
  return {
    address: { host: address.host, port: isAddressInfo(bound) ? bound.port : address.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sources: HealthSources,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'text/plain', 'GET only\n');
  switch (path) {
    case '/healthz':
      return send(response, 200, 'text/plain', 'ok\n');
    case '/readyz': {
      const unready = sources.unready();
      if (unready.length === 0) return send(response, 200, 'text/plain', 'ok\n');
      return send(response, 503, 'text/plain', unready.map((sentence) => `${sentence}\n`).join(''));
    }
    case '/timelines':
      return send(response, 200, 'application/json', JSON.stringify({ timelines: sources.timelines() }));
    case '/metrics': {
      const { contentType, text } = await sources.metrics();
      return send(response, 200, contentType, text);
    }
    default:
      return send(response, 404, 'text/plain', 'there are /healthz, /readyz, /metrics and /timelines\n');
  }
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
