/*
 * Owns one connection between a controller and the sandbox's API in simulated time, and the ways it can be broken.
 * Must not decide when it breaks: the test does.
 */
import {
  type ApiRequest,
  type ApiResponse,
  type StreamHandle,
  type StreamSink,
  type Transport,
  TransportError,
} from '../../src/kube/transport.ts';
import {
  InMemoryTransport,
  type InMemoryTransportOptions,
} from '../../src/sandbox/api/in-memory-transport.ts';
import { type Clock, pause } from '../../src/time/clock.ts';

/** What becomes of a request: it or its answer is lost, its answer comes late, or it gets one that no server gave. */
export type Verdict =
  | 'lose-request'
  | 'lose-answer'
  | { readonly lateMs: number }
  | { readonly status: number; readonly body: string };

interface OpenStream {
  readonly path: string;
  readonly lose: () => void;
  stalled: boolean;
}

export class WorldTransport implements Transport {
  readonly #clock: Clock;
  readonly #inner: InMemoryTransport;
  readonly #open = new Set<OpenStream>();
  readonly #isForbidden: (path: string) => boolean;
  readonly requests: ApiRequest[] = [];
  /** The first rule that has an opinion counts. */
  readonly rules: ((request: ApiRequest) => Verdict | undefined)[] = [];
  /** Nothing goes in or out any more, and nobody is told: the process is gone. */
  dead = false;
  /** Streams stay open and bring nothing, as behind a proxy that has stalled. */
  stalled = false;

  constructor(options: InMemoryTransportOptions, isForbidden: (path: string) => boolean = () => false) {
    this.#clock = options.clock;
    this.#isForbidden = isForbidden;
    this.#inner = new InMemoryTransport(options);
  }

  get alive(): boolean {
    return this.#inner.alive;
  }

  async request(request: ApiRequest, timeoutMs: number): Promise<ApiResponse> {
    if (this.dead) return forever();
    this.requests.push(request);
    const verdict = this.#isForbidden(request.path)
      ? forbidden
      : this.rules.map((rule) => rule(request)).find((opinion) => opinion !== undefined);
    try {
      const response = await this.#answer(request, verdict, timeoutMs);
      return this.dead ? forever() : response;
    } catch (error) {
      if (this.dead) return forever();
      throw error;
    }
  }

  stream(request: ApiRequest, sink: StreamSink): StreamHandle {
    if (this.dead) return { cancel: () => undefined };
    if (this.#isForbidden(request.path)) return this.#refuseStream(sink);
    const open: OpenStream = {
      path: request.path,
      stalled: false,
      lose: () => {
        handle.cancel();
        this.#open.delete(open);
        sink.onEnd(new TransportError('CONNECTION_LOST', 'connection lost', { delivered: 'unknown' }));
      },
    };
    const handle = this.#inner.stream(request, {
      onHead: (status, retryAfterMs) => {
        if (!this.dead) sink.onHead(status, retryAfterMs);
      },
      onChunk: (chunk) => {
        if (!this.dead && !this.stalled && !open.stalled) sink.onChunk(chunk);
      },
      onEnd: (cause) => {
        this.#open.delete(open);
        if (!this.dead) sink.onEnd(cause);
      },
    });
    this.#open.add(open);
    return {
      cancel: () => {
        this.#open.delete(open);
        handle.cancel();
      },
    };
  }

  dropStreams(): void {
    for (const { lose } of [...this.#open]) lose();
  }

  /** Of the streams that are open now, these bring nothing any more; those that are opened later do. */
  stallStreams(matches: (path: string) => boolean): void {
    for (const open of this.#open) open.stalled ||= matches(open.path);
  }

  async close(): Promise<void> {
    this.dead = true;
    await this.#inner.close();
  }

  #refuseStream(sink: StreamSink): StreamHandle {
    const timer = this.#clock.schedule(2, () => {
      sink.onHead(forbidden.status, undefined);
      sink.onChunk(Buffer.from(forbidden.body));
      sink.onEnd(undefined);
    });
    return { cancel: () => timer.cancel() };
  }

  async #answer(request: ApiRequest, verdict: Verdict | undefined, timeoutMs: number): Promise<ApiResponse> {
    if (verdict === undefined) return this.#inner.request(request, timeoutMs);
    if (typeof verdict === 'object') {
      if ('lateMs' in verdict) return this.#answerLate(request, verdict.lateMs, timeoutMs);
      await pause(this.#clock, 2);
      return { ...verdict, retryAfterMs: undefined };
    }
    if (verdict === 'lose-answer') void this.#inner.request(request, timeoutMs).catch(() => undefined);
    return this.#timeOut(timeoutMs, timeoutMs);
  }

  /** The server acts at once; its answer is on its way for so long, or is given up before it comes. */
  async #answerLate(request: ApiRequest, lateMs: number, timeoutMs: number): Promise<ApiResponse> {
    const sentAt = this.#clock.now();
    const response = await this.#inner.request(request, timeoutMs);
    const leftMs = timeoutMs - (this.#clock.now() - sentAt);
    if (lateMs >= leftMs) return this.#timeOut(leftMs, timeoutMs);
    await pause(this.#clock, lateMs);
    return response;
  }

  async #timeOut(afterMs: number, timeoutMs: number): Promise<never> {
    await pause(this.#clock, afterMs);
    throw new TransportError('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`, { delivered: 'unknown' });
  }
}

const forbidden = {
  status: 403,
  body: JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'forbidden' }),
};

function forever(): Promise<never> {
  return new Promise(() => {});
}
