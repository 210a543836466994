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
import type { ApiHandler } from '../../src/sandbox/api/handler.ts';
import { pause } from '../../src/time/clock.ts';
import type { SimulatedClock } from '../../src/time/simulated-clock.ts';

export interface WorldTransportOptions {
  readonly handler: ApiHandler;
  readonly clock: SimulatedClock;
  /** One way. */
  readonly latencyMs: () => number;
}

type Verdict =
  | 'deliver'
  | 'refuse'
  | 'lose-request'
  | 'lose-answer'
  | { readonly status: number; readonly body: string };

export class WorldTransport implements Transport {
  readonly #options: WorldTransportOptions;
  readonly requests: ApiRequest[] = [];
  /** Says what becomes of a request; the first rule that has an opinion counts. */
  readonly rules: ((request: ApiRequest) => Verdict | undefined)[] = [];
  /** Nothing goes in or out any more, and nobody is told: the process is gone. */
  dead = false;
  /** Streams stay open and bring nothing, as behind a proxy that has stalled. */
  stalled = false;
  alive = true;
  readonly #streams = new Set<(cause: TransportError) => void>();

  constructor(options: WorldTransportOptions) {
    this.#options = options;
  }

  async request(request: ApiRequest, timeoutMs: number): Promise<ApiResponse> {
    const { clock } = this.#options;
    if (this.dead) return forever();
    this.requests.push(request);
    const verdict =
      this.rules.map((rule) => rule(request)).find((opinion) => opinion !== undefined) ?? 'deliver';
    if (verdict === 'refuse' || this.#options.handler.faults.down) throw refused();
    const timeout = pause(clock, timeoutMs).then(() => undefined);
    const answer = await Promise.race([this.#exchange(request, verdict), timeout]);
    if (this.dead) return forever();
    if (answer === undefined) throw timedOut(timeoutMs);
    return answer;
  }

  stream(request: ApiRequest, sink: StreamSink): StreamHandle {
    let open = true;
    let cancel = () => {};
    const end = (cause: TransportError | undefined) => {
      if (!open) return;
      open = false;
      this.#streams.delete(end);
      cancel();
      if (!this.dead) sink.onEnd(cause);
    };
    this.#streams.add(end);
    void this.#openStream(request, sink, () => open && !this.dead, end).then((stop) => {
      cancel = stop;
      if (!open) stop();
    });
    return {
      cancel: () => {
        open = false;
        this.#streams.delete(end);
        cancel();
      },
    };
  }

  dropStreams(): void {
    for (const end of [...this.#streams]) end(lost());
  }

  async close(): Promise<void> {
    this.dead = true;
  }

  async #exchange(request: ApiRequest, verdict: Verdict): Promise<ApiResponse | undefined> {
    const { clock, latencyMs, handler } = this.#options;
    await pause(clock, latencyMs());
    if (verdict === 'lose-request') return forever();
    if (typeof verdict === 'object') return { ...verdict, retryAfterMs: undefined };
    if (handler.faults.down) throw lost();
    const response = await handler.handle(serverRequest(request));
    await pause(clock, latencyMs());
    if (verdict === 'lose-answer' || response === undefined) return forever();
    if (handler.faults.down) throw lost();
    if (response.kind !== 'complete') throw new Error(`a stream was not asked for: ${request.path}`);
    return { status: response.status, body: response.body, retryAfterMs: undefined };
  }

  async #openStream(
    request: ApiRequest,
    sink: StreamSink,
    isOpen: () => boolean,
    end: (cause: TransportError | undefined) => void,
  ): Promise<() => void> {
    const { clock, latencyMs, handler } = this.#options;
    await pause(clock, latencyMs());
    if (handler.faults.down) {
      end(refused());
      return () => {};
    }
    const response = await handler.handle(serverRequest(request));
    if (!isOpen() || response === undefined) return () => {};
    sink.onHead(response.status, undefined);
    if (response.kind === 'complete') {
      sink.onChunk(Buffer.from(response.body));
      end(undefined);
      return () => {};
    }
    // A connection keeps the order of what goes through it.
    let arrivedAt = 0;
    const inOrder = (run: () => void) => {
      arrivedAt = Math.max(arrivedAt, clock.now() + latencyMs());
      clock.schedule(arrivedAt - clock.now(), run);
    };
    return response.stream({
      write: (chunk) => {
        inOrder(() => {
          if (isOpen() && !this.stalled) sink.onChunk(Buffer.from(chunk));
        });
      },
      end: (how) => inOrder(() => end(how === 'orderly' ? undefined : lost())),
    });
  }
}

function serverRequest({ method, path, contentType, body }: ApiRequest) {
  const headers = { 'content-type': contentType ?? 'application/json', accept: 'application/json' };
  return { method, url: path, headers, body: body ?? '' };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

function refused(): TransportError {
  return new TransportError('CONNECTION_REFUSED', 'connection refused', { delivered: 'no' });
}

function lost(): TransportError {
  return new TransportError('CONNECTION_LOST', 'connection lost', { delivered: 'unknown' });
}

function timedOut(timeoutMs: number): TransportError {
  return new TransportError('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`, { delivered: 'unknown' });
}
