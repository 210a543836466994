/**
 * Owns the port between the client and the wire: one request, one stream, and how either can fail.
 * Must not open a socket: HTTP/2 lives in http2-transport.ts, the in-process one beside the sandbox.
 */

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request as it goes to the API server. `path` starts with `/` and includes the query. */
export interface ApiRequest {
  readonly method: Method;
  readonly path: string;
  /** Media type of `body`; JSON when left out. */
  readonly contentType?: string;
  readonly body?: string;
}

/** A complete answer, whatever its status: a 409 is an answer, not an error. */
export interface ApiResponse {
  readonly status: number;
  /** From a Retry-After header (RFC 9110 §10.2.3, seconds), in ms; undefined without one. */
  readonly retryAfterMs: number | undefined;
  /** From a Date header (RFC 9110 §6.6.1), in whole seconds as ms since 1970; left out without one. */
  readonly serverTimeMs?: number | undefined;
  readonly body: string;
}

/** Callbacks of one stream. `onHead` comes at most once and first, `onEnd` exactly once and last. */
export interface StreamSink {
  onHead(status: number, retryAfterMs: number | undefined, serverTimeMs?: number): void;
  onChunk(chunk: Uint8Array): void;
  /** `undefined`: the server ended it in an orderly way. */
  onEnd(cause: TransportError | undefined): void;
}

export interface StreamHandle {
  /** Ends the stream without calling `onEnd`. */
  cancel(): void;
}

/** One logical connection to the API server. It reconnects by itself; a request fails, the transport doesn't. */
export interface Transport {
  /** Rejects only with a TransportError, `timeoutMs` after the call at the latest. */
  request(request: ApiRequest, timeoutMs: number): Promise<ApiResponse>;
  stream(request: ApiRequest, sink: StreamSink): StreamHandle;
  /** True while the peer has answered recently (HTTP/2: PING); the in-process one is always alive. */
  readonly alive: boolean;
  close(): Promise<void>;
}

export type TransportErrorCode =
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_LOST'
  | 'PEER_SILENT'
  | 'REQUEST_TIMEOUT'
  | 'CREDENTIALS_UNREADABLE'
  | 'TLS_UNTRUSTED'
  /** The server was reached, and speaks something else than HTTP/2. */
  | 'HTTP2_UNSUPPORTED'
  | 'CLOSED';

/** The request did not get a complete answer. */
export class TransportError extends Error {
  readonly code: TransportErrorCode;
  /** `no`: the server cannot have acted on it. `unknown`: it may have. */
  readonly delivered: 'no' | 'unknown';
  readonly retry: 'backoff' | 'never';

  constructor(
    code: TransportErrorCode,
    message: string,
    options: { delivered: 'no' | 'unknown'; retry?: 'backoff' | 'never'; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'TransportError';
    this.code = code;
    this.delivered = options.delivered;
    this.retry = options.retry ?? 'backoff';
  }
}
