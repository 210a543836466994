/**
 * Owns the client's Transport without sockets: straight into an ApiHandler, with the latency and the outages of a network.
 * Must not answer anything by itself.
 */
import type { ApiRequest, ApiResponse, StreamHandle, StreamSink, Transport } from '../../kube/transport.ts';
import { TransportError } from '../../kube/transport.ts';
import type { Clock } from '../../time/clock.ts';
import type { ApiHandler } from './handler.ts';
import type { ServerRequest, StreamResponse } from './request.ts';

export type Way = 'there' | 'back';

export interface InMemoryTransportOptions {
  readonly handler: ApiHandler;
  readonly clock: Clock;
  /** One way, in ms; asked for each message. Messages of one stream never overtake each other. 0 when left out. */
  readonly latencyMs?: () => number;
  /** True while nothing arrives this way, `there` to the API or `back` from it, and nothing says so. */
  readonly cut?: (way: Way) => boolean;
  /** As TCP does: what was cut is sent again for so long, and lost after that. 0 when left out: lost at once. */
  readonly resendForMs?: number;
  readonly userAgent?: string;
}

/** Between two of these (Linux: TCP_RTO_MIN). */
const resendEveryMs = 200;

export class InMemoryTransport implements Transport {
  readonly #handler: ApiHandler;
  readonly #clock: Clock;
  readonly #latencyMs: () => number;
  readonly #cut: (way: Way) => boolean;
  readonly #resendForMs: number;
  readonly #userAgent: string;
  readonly #streams = new Set<InMemoryStream>();
  #closed = false;

  constructor(options: InMemoryTransportOptions) {
    this.#handler = options.handler;
    this.#clock = options.clock;
    this.#latencyMs = options.latencyMs ?? (() => 0);
    this.#cut = options.cut ?? (() => false);
    this.#resendForMs = options.resendForMs ?? 0;
    this.#userAgent = options.userAgent ?? 'in-memory';
  }

  get alive(): boolean {
    return !this.#closed && !this.#cut('there') && !this.#cut('back') && !this.#handler.faults.down;
  }

  request(request: ApiRequest, timeoutMs: number): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal();
      const timer = this.#clock.schedule(timeoutMs, () => {
        reject(
          new TransportError('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`, { delivered: 'unknown' }),
        );
      });
      if (refusal !== undefined) {
        timer.cancel();
        reject(refusal);
        return;
      }
      this.#later('there', () => {
        void this.#complete(request).then((response) => {
          if (response === undefined) return;
          this.#later('back', () => {
            timer.cancel();
            resolve(response);
          });
        });
      });
    });
  }

  stream(request: ApiRequest, sink: StreamSink): StreamHandle {
    const stream = new InMemoryStream(sink, (run, onLost) => this.#later('back', run, onLost));
    this.#streams.add(stream);
    stream.onOver = () => this.#streams.delete(stream);
    const refusal = this.#refusal();
    if (refusal !== undefined) this.#clock.schedule(0, () => stream.fail(refusal));
    else
      this.#later(
        'there',
        () => void this.#open(request, stream),
        () => stream.fail(lost()),
      );
    return { cancel: () => stream.cancel() };
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const stream of [...this.#streams]) stream.fail(closed());
    return Promise.resolve();
  }

  #refusal(): TransportError | undefined {
    if (this.#closed) return closed();
    if (!this.#handler.faults.down) return undefined;
    return new TransportError('CONNECTION_REFUSED', 'the API is stopped', { delivered: 'no' });
  }

  /** Runs after one way's latency, unless the network is cut then and stays so. */
  #later(way: Way, run: () => void, onLost: () => void = () => {}): void {
    this.#clock.schedule(this.#latencyMs(), () => this.#arrive(way, run, onLost, this.#resendForMs));
  }

  #arrive(way: Way, run: () => void, onLost: () => void, resendForMs: number): void {
    if (!this.#cut(way)) run();
    else if (resendForMs > 0)
      this.#clock.schedule(resendEveryMs, () => this.#arrive(way, run, onLost, resendForMs - resendEveryMs));
    else if (this.#resendForMs > 0) onLost();
  }

  #serverRequest(request: ApiRequest): ServerRequest {
    return {
      method: request.method,
      url: request.path,
      headers: {
        accept: 'application/json',
        'content-type': request.contentType ?? 'application/json',
        'user-agent': this.#userAgent,
      },
      body: request.body ?? '',
    };
  }

  async #complete(request: ApiRequest): Promise<ApiResponse | undefined> {
    const response = await this.#handler.handle(this.#serverRequest(request));
    if (response === undefined) return undefined;
    const { status, headers } = response;
    const body = response.kind === 'complete' ? response.body : await collected(response);
    return { status, retryAfterMs: retryAfterMs(headers), body };
  }

  async #open(request: ApiRequest, stream: InMemoryStream): Promise<void> {
    const response = await this.#handler.handle(this.#serverRequest(request));
    if (response === undefined) return;
    stream.head(response.status, retryAfterMs(response.headers));
    if (response.kind === 'stream') stream.attach(response);
    else {
      stream.chunk(response.body);
      stream.end(undefined);
    }
  }
}

function closed(): TransportError {
  return new TransportError('CLOSED', 'the transport is closed', { delivered: 'no', retry: 'never' });
}

function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

function collected(response: StreamResponse): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const decoder = new TextDecoder();
    response.stream({
      write: (chunk) => {
        text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
      },
      end: () => resolve(text),
    });
  });
}

/** One stream on its way to the client. What was said first arrives first, whatever each message's latency. */
class InMemoryStream {
  onOver: () => void = () => {};
  readonly #sink: StreamSink;
  readonly #later: (run: () => void, onLost: () => void) => void;
  readonly #queue: (() => void)[] = [];
  #stopServer: () => void = () => {};
  #over = false;

  constructor(sink: StreamSink, later: (run: () => void, onLost: () => void) => void) {
    this.#sink = sink;
    this.#later = later;
  }

  head(status: number, retryAfter: number | undefined): void {
    this.#deliver(() => this.#sink.onHead(status, retryAfter));
  }

  chunk(text: string | Uint8Array): void {
    const bytes = typeof text === 'string' ? encoder.encode(text) : text;
    if (bytes.length > 0) this.#deliver(() => this.#sink.onChunk(bytes));
  }

  end(cause: TransportError | undefined): void {
    this.#deliver(() => this.#finish(cause));
  }

  attach(response: StreamResponse): void {
    if (this.#over) return;
    this.#stopServer = response.stream({
      write: (chunk) => this.chunk(chunk),
      end: (how) => this.end(how === 'orderly' ? undefined : lost()),
    });
  }

  /** At once: the connection is gone, and what is on its way with it. */
  fail(cause: TransportError): void {
    this.#finish(cause);
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopServer();
    this.onOver();
  }

  #finish(cause: TransportError | undefined): void {
    if (this.#over) return;
    this.cancel();
    this.#sink.onEnd(cause);
  }

  #deliver(run: () => void): void {
    this.#queue.push(run);
    const arrive = () => {
      const next = this.#queue.shift();
      if (!this.#over) next?.();
    };
    // A connection that loses something is one no more.
    this.#later(arrive, () => this.fail(lost()));
  }
}

const encoder = new TextEncoder();

function lost(): TransportError {
  return new TransportError('CONNECTION_LOST', 'the stream broke off', { delivered: 'unknown' });
}
