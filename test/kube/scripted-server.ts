/**
 * Owns an HTTP/2 server on a real socket that does exactly what a test tells it to, request by request.
 * Must not be clever: it knows no objects, no versions, no rules of Kubernetes.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';

/** One request that has arrived in full. The test answers it, now or later or never. */
export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Counts the connections of this server, from 0. */
  readonly connection: number;
  readonly isWatch: boolean;
  answer(status: number, body?: unknown, headers?: OutgoingHttpHeaders): void;
  /** Accepts a watch. */
  stream(): ScriptedStream;
  reset(code: number): void;
  readonly closed: boolean;
}

export interface ScriptedStream {
  event(type: string, object: unknown): void;
  bookmark(resourceVersion: string, endsInitialEvents?: boolean): void;
  raw(bytes: string | Uint8Array): void;
  end(): void;
  /** RST_STREAM in the middle of the body. */
  reset(): void;
  readonly closed: boolean;
}

export interface ScriptedServer {
  readonly url: URL;
  readonly port: number;
  readonly requests: readonly ScriptedRequest[];
  readonly connections: number;
  readonly openConnections: number;
  /** Ends every connection without a word. */
  cut(): void;
  /** GOAWAY as of a server that shuts down: what it has begun, it finishes. */
  goaway(): void;
  /** GOAWAY with an error code; nothing is finished. */
  fail(): void;
  /** How often a client resumed an earlier TLS session. */
  readonly resumptions: number;
  close(): Promise<void>;
}

export interface ScriptedServerOptions {
  readonly tls?: boolean;
  readonly requestClientCertificate?: boolean;
  /** To come back on the port of an earlier server. */
  readonly port?: number;
  readonly handle: (request: ScriptedRequest) => void;
}

export function testCertificate(name: 'ca' | 'server' | 'server-key' | 'client' | 'client-key'): string {
  return readFileSync(new URL(`./certificates/${name}.pem`, import.meta.url), 'utf8');
}

export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = options.tls === true ? secureServer(options) : createServer();
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const numbers = new Map<Http2Session, number>();
  let resumptions = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket) => {
    if (socket.isSessionReused()) resumptions += 1;
  });
  server.on('session', (session) => {
    numbers.set(session, numbers.size);
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    const connection = stream.session === undefined ? -1 : (numbers.get(stream.session) ?? -1);
    receive(stream, headers, connection, (request) => {
      requests.push(request);
      options.handle(request);
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${options.tls === true ? 'https' : 'http'}://127.0.0.1:${port}`),
    port,
    requests,
    get connections() {
      return numbers.size;
    },
    get openConnections() {
      return sessions.size;
    },
    get resumptions() {
      return resumptions;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    goaway: () => {
      for (const session of sessions) session.close();
    },
    fail: () => {
      for (const session of sessions) session.destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR);
    },
    close: () => close(server, sockets),
  };
}

function secureServer(options: ScriptedServerOptions): Http2Server {
  return createSecureServer({
    cert: testCertificate('server'),
    key: testCertificate('server-key'),
    ca: testCertificate('ca'),
    requestCert: options.requestClientCertificate === true,
    rejectUnauthorized: options.requestClientCertificate === true,
  });
}

async function close(server: Http2Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}

function receive(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  connection: number,
  onRequest: (request: ScriptedRequest) => void,
): void {
  const chunks: Buffer[] = [];
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    const url = new URL(headers[':path'] ?? '/', 'http://server');
    onRequest({
      method: headers[':method'] ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: Buffer.concat(chunks).toString('utf8'),
      connection,
      isWatch: url.searchParams.has('watch'),
      answer: (status, body, more) => {
        stream.respond({ ':status': status, 'content-type': 'application/json', ...more });
        stream.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
      },
      stream: () => scriptedStream(stream),
      reset: (code) => stream.close(code),
      get closed() {
        return stream.closed;
      },
    });
  });
}

function scriptedStream(stream: ServerHttp2Stream): ScriptedStream {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  const raw = (bytes: string | Uint8Array) => {
    if (!stream.closed) stream.write(bytes);
  };
  const event = (type: string, object: unknown) => raw(`${JSON.stringify({ type, object })}\n`);
  return {
    raw,
    event,
    bookmark: (resourceVersion, endsInitialEvents = false) => {
      const annotations = endsInitialEvents ? { 'k8s.io/initial-events-end': 'true' } : {};
      event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion, annotations } });
    },
    end: () => stream.end(),
    // close() would send an orderly end first.
    reset: () => stream.destroy(new Error('reset by the script')),
    get closed() {
      return stream.closed;
    },
  };
}
