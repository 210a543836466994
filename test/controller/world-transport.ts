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

/** What becomes of a request: it or its answer is lost, or it gets an answer that no server gave. */
export type Verdict = 'lose-request' | 'lose-answer' | { readonly status: number; readonly body: string };

export class WorldTransport implements Transport {
  readonly #clock: Clock;
  readonly #inner: InMemoryTransport;
  readonly #open = new Set<() => void>();
  readonly requests: ApiRequest[] = [];
  /** The first rule that has an opinion counts. */
  readonly rules: ((request: ApiRequest) => Verdict | undefined)[] = [];
  /** Nothing goes in or out any more, and nobody is told: the process is gone. */
  dead = false;
  /** Streams stay open and bring nothing, as behind a proxy that has stalled. */
  stalled = false;

  constructor(options: InMemoryTransportOptions) {
    this.#clock = options.clock;
    this.#inner = new InMemoryTransport(options);
  }

  get alive(): boolean {
    return this.#inner.alive;
  }

  async request(request: ApiRequest, timeoutMs: number): Promise<ApiResponse> {
    if (this.dead) return forever();
    this.requests.push(request);
    const verdict = this.rules.map((rule) => rule(request)).find((opinion) => opinion !== undefined);
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
    const lose = () => {
      handle.cancel();
      this.#open.delete(lose);
      sink.onEnd(new TransportError('CONNECTION_LOST', 'connection lost', { delivered: 'unknown' }));
    };
    const handle = this.#inner.stream(request, {
      onHead: (status, retryAfterMs) => {
        if (!this.dead) sink.onHead(status, retryAfterMs);
      },
      onChunk: (chunk) => {
        if (!this.dead && !this.stalled) sink.onChunk(chunk);
      },
      onEnd: (cause) => {
        this.#open.delete(lose);
        if (!this.dead) sink.onEnd(cause);
      },
    });
    this.#open.add(lose);
    return {
      cancel: () => {
        this.#open.delete(lose);
        handle.cancel();
      },
    };
  }

  dropStreams(): void {
    for (const lose of [...this.#open]) lose();
  }

  async close(): Promise<void> {
    this.dead = true;
    await this.#inner.close();
  }

  async #answer(request: ApiRequest, verdict: Verdict | undefined, timeoutMs: number): Promise<ApiResponse> {
    if (verdict === undefined) return this.#inner.request(request, timeoutMs);
    if (typeof verdict === 'object') {
      await pause(this.#clock, 2);
      return { ...verdict, retryAfterMs: undefined };
    }
    if (verdict === 'lose-answer') void this.#inner.request(request, timeoutMs).catch(() => undefined);
    await pause(this.#clock, timeoutMs);
    throw new TransportError('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`, { delivered: 'unknown' });
  }
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
