/**
 * Owns one request on one session: its headers, its body, and what comes back.
 * Must not retry, nor collect the answer: it passes chunks on as they come.
 */
import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { streamFailure } from './http2-failure.ts';
import type { Http2Session } from './http2-session.ts';
import type { ApiRequest, StreamHandle, StreamSink } from './transport.ts';

/** Who asks. */
export interface CallerHeaders {
  readonly userAgent: string;
  readonly authorization: string | undefined;
}

export class Http2Exchange implements StreamHandle {
  readonly #session: Http2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #sink: StreamSink;
  readonly #heardBeforeAtMs: number;
  #error: unknown;
  #done = false;

  /** Throws when the session can't take it. */
  constructor(session: Http2Session, request: ApiRequest, caller: CallerHeaders, sink: StreamSink) {
    this.#session = session;
    this.#sink = sink;
    this.#heardBeforeAtMs = session.heardAtMs;
    const { body } = request;
    this.#stream = session.open(request.path, headersOf(request, caller), body === undefined);
    this.#listen();
    if (body !== undefined) this.#stream.end(body);
  }

  cancel(): void {
    if (this.#done) return;
    this.#done = true;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  /** As `cancel`, because no answer came in time. If nothing else came either, the next request had better go elsewhere. */
  giveUp(): void {
    this.cancel();
    if (this.#session.heardAtMs === this.#heardBeforeAtMs) this.#session.retire();
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on('response', (headers) => {
      this.#session.heard();
      if (!this.#done)
        this.#sink.onHead(headers[':status'] ?? 0, retryAfterMs(headers), serverTimeMs(headers));
    });
    stream.on('data', (chunk: Buffer) => {
      this.#session.heard();
      if (!this.#done) this.#sink.onChunk(chunk);
    });
    // Also comes when the peer has reset the stream or is gone: then 'close' has the reason.
    stream.on('end', () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR && this.#session.cause === undefined) this.#finish();
    });
    // 'close' always follows.
    stream.on('error', (error) => {
      this.#error = error;
    });
    stream.on('close', () => this.#close());
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#sink.onEnd(undefined);
  }

  #close(): void {
    if (this.#done) return;
    this.#done = true;
    const { rstCode, id } = this.#stream;
    this.#sink.onEnd(streamFailure(this.#session.causeAfter(this.#error), rstCode, id !== undefined));
  }
}

function headersOf(request: ApiRequest, caller: CallerHeaders): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': request.method,
    accept: 'application/json',
    'user-agent': caller.userAgent,
  };
  if (caller.authorization !== undefined) headers.authorization = caller.authorization;
  if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
  return headers;
}

/** Seconds; the other form of RFC 9110 §10.2.3, a date, is not used by API servers. */
function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const value = headers['retry-after'];
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) * 1000 : undefined;
}

function serverTimeMs({ date }: IncomingHttpHeaders): number | undefined {
  const timeMs = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
