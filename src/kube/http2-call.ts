/**
 * Owns one request of a caller, over as many attempts as it takes to have it sent: it waits for a session, and sends
 * once more when the server certainly did nothing with it, or wants newer credentials.
 * Must not send again what the server may have acted on: only the caller knows whether that is safe.
 */
import type { Credentials } from './credentials.ts';
import { Http2Exchange } from './http2-exchange.ts';
import type { Http2Session } from './http2-session.ts';
import type { SessionPool, SessionWaiter } from './session-pool.ts';
import type { ApiRequest, StreamHandle, StreamSink, TransportError } from './transport.ts';

export interface CallContext {
  readonly pool: SessionPool;
  readonly credentials: Credentials;
  readonly userAgent: string;
}

const UNAUTHORIZED = 401;

export class Http2Call implements StreamHandle, StreamSink, SessionWaiter {
  readonly #context: CallContext;
  readonly #request: ApiRequest;
  readonly #sink: StreamSink;
  #exchange: Http2Exchange | undefined;
  #sent = false;
  #answered = false;
  #sentAgain = false;
  #refreshed = false;
  #done = false;

  constructor(context: CallContext, request: ApiRequest, sink: StreamSink) {
    this.#context = context;
    this.#request = request;
    this.#sink = sink;
  }

  /** False: the server can't have seen it yet. */
  get sent(): boolean {
    return this.#sent;
  }

  start(): void {
    const session = this.#context.pool.usable;
    if (session === undefined) this.#context.pool.wait(this);
    else this.onSession(session);
  }

  cancel(): void {
    if (this.#done) return;
    this.#done = true;
    this.#context.pool.forget(this);
    this.#exchange?.cancel();
  }

  /** As `cancel`, because no answer came in time. */
  giveUp(): void {
    if (!this.#done) this.#exchange?.giveUp();
    this.cancel();
  }

  onSession(session: Http2Session): void {
    const { userAgent, credentials } = this.#context;
    const caller = { userAgent, authorization: credentials.header };
    try {
      this.#exchange = new Http2Exchange(session, this.#request, caller, this);
      this.#sent = true;
    } catch (error) {
      if (!isSessionExhausted(error)) throw error;
      session.retire();
      this.#context.pool.wait(this);
    }
  }

  onNoSession(error: TransportError): void {
    this.#end(error);
  }

  onHead(status: number, retryAfterMs: number | undefined, serverTimeMs?: number): void {
    if (status === UNAUTHORIZED && !this.#refreshed && this.#context.credentials.header !== undefined) {
      this.#refreshed = true;
      this.#exchange?.cancel();
      void this.#startAfterRefresh();
      return;
    }
    this.#answered = true;
    this.#sink.onHead(status, retryAfterMs, serverTimeMs);
  }

  onChunk(chunk: Uint8Array): void {
    this.#sink.onChunk(chunk);
  }

  onEnd(cause: TransportError | undefined): void {
    const untouched = cause?.delivered === 'no' && cause.retry === 'backoff' && !this.#answered;
    if (!untouched || this.#sentAgain) {
      this.#end(cause);
      return;
    }
    this.#sentAgain = true;
    this.#sent = false;
    this.start();
  }

  async #startAfterRefresh(): Promise<void> {
    await this.#context.credentials.refresh();
    if (!this.#done) this.start();
  }

  #end(cause: TransportError | undefined): void {
    if (this.#done) return;
    this.#done = true;
    this.#sink.onEnd(cause);
  }
}

/** The session drains, has just ended, or has used up its stream numbers: another one is needed. */
function isSessionExhausted(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  const { code } = error;
  return (
    code === 'ERR_HTTP2_GOAWAY_SESSION' ||
    code === 'ERR_HTTP2_INVALID_SESSION' ||
    code === 'ERR_HTTP2_OUT_OF_STREAMS'
  );
}
