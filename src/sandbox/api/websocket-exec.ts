/**
 * Owns exec over WebSocket: one channel byte before each message (apimachinery pkg/util/remotecommand/constants.go;
 * KEP-4006 for v5). kubectl ≥ 1.31 speaks v5 by default. Must not run anything: PodAccess does.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { ApiError, resourceNotFound } from './api-error.ts';
import type { ApiHandler } from './handler.ts';
import { flatHeaders } from './http-exchange.ts';
import { type JsonObject, numberAt } from './json.ts';
import { limits } from './limits.ts';
import type { ExecStreams, ExecTarget } from './pod-access.ts';
import { errorAnswer } from './request-context.ts';
import { podAccessStatus } from './subresource-requests.ts';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5 only: the second byte names the channel that its sender has closed. */
const CLOSE = 255;

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

export class WebSocketExec {
  readonly #handler: ApiHandler;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.webSocketMessageBytes,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });

  constructor(handler: ApiHandler) {
    this.#handler = handler;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    try {
      const target = this.#handler.execTarget({
        method: request.method ?? 'GET',
        url: request.url ?? '/',
        headers: flatHeaders(request.headers),
        body: '',
      });
      if (target === undefined) throw resourceNotFound();
      if (!offered.some((name) => PROTOCOLS.includes(name))) {
        throw new ApiError(
          400,
          'BadRequest',
          `unable to upgrade: none of ${PROTOCOLS.join(', ')} was offered`,
        );
      }
      this.#sockets.handleUpgrade(request, socket, head, (connection) =>
        runExec(this.#handler, connection, target),
      );
    } catch (error) {
      refuse(socket, error instanceof ApiError ? error : new ApiError(500, 'InternalError', String(error)));
    }
  }
}

function refuse(socket: Duplex, error: ApiError): void {
  const { body } = errorAnswer(error);
  const head = [
    `HTTP/1.1 ${error.code} ${error.reason}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function runExec(handler: ApiHandler, connection: WebSocket, target: ExecTarget): void {
  const abandoned = new AbortController();
  const input = new ExecInput(target.stdin);
  connection.on('error', () => {});
  connection.on('close', () => {
    abandoned.abort();
    input.end();
  });
  connection.on('message', (data: RawData) => input.take(bytesOf(data)));
  const streams: ExecStreams = {
    stdout: (chunk) => send(connection, STDOUT, chunk),
    stderr: (chunk) => send(connection, STDERR, chunk),
    onStdin: (onChunk, onEnd) => input.onStdin(onChunk, onEnd),
    onResize: (onSize) => {
      input.onSize = onSize;
    },
    abandoned: abandoned.signal,
  };
  handler.pods.exec(target, streams).then(
    (exitCode) => finish(connection, exitStatus(exitCode)),
    (error: unknown) => finish(connection, podAccessStatus(error).toStatus()),
  );
}

/** What the user sends. It may come before the process asks for it. */
class ExecInput {
  onSize: (columns: number, rows: number) => void = () => {};
  readonly #wanted: boolean;
  readonly #early: Uint8Array[] = [];
  #receiver: { readonly onChunk: (chunk: Uint8Array) => void; readonly onEnd: () => void } | undefined;
  #ended = false;

  constructor(wanted: boolean) {
    this.#wanted = wanted;
  }

  onStdin(onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void {
    this.#receiver = { onChunk, onEnd };
    for (const chunk of this.#early.splice(0)) onChunk(chunk);
    if (this.#ended) onEnd();
  }

  take(message: Uint8Array): void {
    const [channel, second] = message;
    if (channel === CLOSE && second === STDIN) this.end();
    if (channel === RESIZE) this.#resize(message.subarray(1));
    if (channel !== STDIN || !this.#wanted || this.#ended || message.length < 2) return;
    const chunk = message.subarray(1);
    if (this.#receiver === undefined) this.#early.push(chunk);
    else this.#receiver.onChunk(chunk);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#receiver?.onEnd();
  }

  #resize(message: Uint8Array): void {
    try {
      const size: unknown = JSON.parse(Buffer.from(message).toString('utf8'));
      this.onSize(numberAt(size, 'Width') ?? 80, numberAt(size, 'Height') ?? 24);
    } catch (error) {
      // A size that can't be read changes nothing.
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function send(connection: WebSocket, channel: number, chunk: Uint8Array): void {
  if (connection.readyState !== WebSocket.OPEN) return;
  connection.send(Buffer.concat([Buffer.from([channel]), chunk]));
  if (connection.bufferedAmount > limits.watchBacklogBytes) connection.terminate();
}

function exitStatus(exitCode: number): JsonObject {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

function finish(connection: WebSocket, status: JsonObject): void {
  send(connection, ERROR, Buffer.from(JSON.stringify(status)));
  connection.close(1000);
}
