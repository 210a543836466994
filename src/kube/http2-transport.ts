/**
 * Owns the Transport over HTTP/2: what a caller asks for, as calls on a pool of one session.
 * Must not interpret answers, nor send a request again that the server may have acted on.
 */
import type { Clock, Random, Timer } from '../time/clock.ts';
import type { Connection } from './connection.ts';
import { Credentials } from './credentials.ts';
import { type CallContext, Http2Call } from './http2-call.ts';
import { BODY_BYTES_MAX } from './limits.ts';
import { SessionPool } from './session-pool.ts';
import {
  type ApiRequest,
  type ApiResponse,
  type StreamHandle,
  type StreamSink,
  type Transport,
  TransportError,
} from './transport.ts';

export interface TransportOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A controller's watches and writes get one each, so that a burst of events never stands before a write. */
  readonly purpose: 'watch' | 'write' | 'command';
}

/** Connects at once, and again whenever the session is lost, until closed. */
export function connectTransport(connection: Connection, options: TransportOptions): Transport {
  const { clock, random, purpose } = options;
  const credentials = new Credentials(connection, clock);
  const pool = new SessionPool({ connection, credentials, clock, random });
  const context: CallContext = { pool, credentials, userAgent: `understudy (${purpose})` };
  return {
    get alive() {
      return pool.alive;
    },
    request: (request, timeoutMs) => {
      const answer = new Answer(context, request);
      return answer.within(timeoutMs, clock);
    },
    stream: (request, sink) => openStream(context, request, sink),
    close: () => {
      credentials.close();
      return pool.close();
    },
  };
}

function openStream(context: CallContext, request: ApiRequest, sink: StreamSink): StreamHandle {
  const call = new Http2Call(context, request, sink);
  call.start();
  return call;
}

/** One request whose answer is wanted whole, within a time. */
class Answer implements StreamSink {
  readonly #call: Http2Call;
  readonly #request: ApiRequest;
  readonly #settled = Promise.withResolvers<ApiResponse>();
  #timer: Timer | undefined;
  #status = 0;
  #retryAfterMs: number | undefined;
  #serverTimeMs: number | undefined;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(context: CallContext, request: ApiRequest) {
    this.#request = request;
    this.#call = new Http2Call(context, request, this);
  }

  within(timeoutMs: number, clock: Clock): Promise<ApiResponse> {
    this.#timer = clock.schedule(timeoutMs, () => {
      this.#abort('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`);
    });
    this.#call.start();
    return this.#settled.promise;
  }

  onHead(status: number, retryAfterMs: number | undefined, serverTimeMs?: number): void {
    this.#status = status;
    this.#retryAfterMs = retryAfterMs;
    this.#serverTimeMs = serverTimeMs;
  }

  onChunk(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > BODY_BYTES_MAX)
      this.#abort('CONNECTION_LOST', `the answer is over ${BODY_BYTES_MAX} bytes`);
  }

  onEnd(cause: TransportError | undefined): void {
    this.#timer?.cancel();
    if (cause === undefined) {
      const body = Buffer.concat(this.#chunks).toString('utf8');
      const [retryAfterMs, serverTimeMs] = [this.#retryAfterMs, this.#serverTimeMs];
      this.#settled.resolve({ status: this.#status, retryAfterMs, serverTimeMs, body });
    } else {
      this.#settled.reject(cause);
    }
  }

  #abort(code: 'REQUEST_TIMEOUT' | 'CONNECTION_LOST', reason: string): void {
    const delivered = this.#call.sent ? 'unknown' : 'no';
    this.#timer?.cancel();
    this.#call.giveUp();
    const { method, path } = this.#request;
    this.#settled.reject(new TransportError(code, `${method} ${path}: ${reason}`, { delivered }));
  }
}
