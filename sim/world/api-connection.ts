/**
 * Owns the connection of one process to the API: over a network that may be cut one way, to a server whose answers may be
 * refused, lost, late or wrong, and with the client's own idea of whether the peer still answers.
 * Must not decide when something breaks: the faults do.
 */
import { ALIVE_WITHIN_MS, PING_IDLE_MS, PING_LIMIT_MS, TCP_CONNECT_LIMIT_MS } from '../../src/kube/limits.ts';
import {
  type ApiRequest,
  type ApiResponse,
  type StreamHandle,
  type StreamSink,
  type Transport,
  TransportError,
} from '../../src/kube/transport.ts';
import type { ApiHandler } from '../../src/sandbox/api/handler.ts';
import { InMemoryTransport } from '../../src/sandbox/api/in-memory-transport.ts';
import { type Clock, pause } from '../../src/time/clock.ts';
import type { AnswerFaults } from './answer-faults.ts';
import { apiHost, type Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

export interface ApiConnectionOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly handler: ApiHandler;
  readonly faults: AnswerFaults;
  readonly process: SimulatedProcess;
  /** Where the process runs. */
  readonly host: string;
  readonly userAgent: string;
}

interface OpenStream {
  stalled: boolean;
  /** Before this nothing is delivered: what came later does not overtake. */
  notBeforeMs: number;
  readonly fail: (cause: TransportError) => void;
}

export class ApiConnection implements Transport {
  readonly #options: ApiConnectionOptions;
  readonly #inner: InMemoryTransport;
  readonly #streams = new Set<OpenStream>();
  readonly #lags = new Map<string, number>();
  #isWatched = false;

  constructor(options: ApiConnectionOptions) {
    this.#options = options;
    const { clock, network, handler, host, userAgent } = options;
    this.#inner = new InMemoryTransport({
      handler,
      clock,
      userAgent,
      resendForMs: PING_IDLE_MS + PING_LIMIT_MS,
      latencyMs: () => network.delayMs(host, apiHost) / 2 + network.delayMs(apiHost, host) / 2,
      cut: (way) => (way === 'there' ? network.isCut(host, apiHost) : network.isCut(apiHost, host)),
    });
  }

  /** The client hears of a cut by a PING that is not answered. */
  get alive(): boolean {
    const silentMs = this.#silentMs();
    if (silentMs === undefined) return this.#inner.alive;
    return silentMs <= ALIVE_WITHIN_MS;
  }

  request(request: ApiRequest, timeoutMs: number): Promise<ApiResponse> {
    const { process } = this.#options;
    this.#watchForSilence();
    return new Promise((resolve, reject) => {
      this.#answer(request, timeoutMs).then(
        (response) => process.enter(() => resolve(response)),
        (error: unknown) => process.enter(() => reject(error)),
      );
    });
  }

  stream(request: ApiRequest, sink: StreamSink): StreamHandle {
    const { process, clock } = this.#options;
    this.#watchForSilence();
    let isOver = false;
    const finish = (cause: TransportError | undefined) => {
      if (isOver) return;
      isOver = true;
      this.#streams.delete(open);
      process.enter(() => sink.onEnd(cause));
    };
    const resource = resourceOf(request);
    const inOrder = (run: () => void) => {
      const dueMs = clock.now() + (this.#lags.get(resource) ?? 0);
      open.notBeforeMs = Math.max(open.notBeforeMs, dueMs);
      if (open.notBeforeMs <= clock.now()) run();
      else clock.schedule(open.notBeforeMs - clock.now(), run);
    };
    const open: OpenStream = {
      stalled: false,
      notBeforeMs: 0,
      fail: (cause) => {
        handle.cancel();
        finish(cause);
      },
    };
    const handle = this.#inner.stream(request, {
      onHead: (status, retryAfterMs) => process.enter(() => isOver || sink.onHead(status, retryAfterMs)),
      onChunk: (chunk) => {
        if (!open.stalled) inOrder(() => process.enter(() => isOver || sink.onChunk(chunk)));
      },
      onEnd: (cause) => inOrder(() => finish(cause)),
    });
    this.#streams.add(open);
    if (this.#silentMs() !== undefined) clock.schedule(TCP_CONNECT_LIMIT_MS, () => this.#failIfSilent(open));
    return {
      cancel: () => {
        isOver = true;
        this.#streams.delete(open);
        handle.cancel();
      },
    };
  }

  /** As when the TCP connection is reset. */
  dropStreams(): void {
    for (const { fail } of [...this.#streams]) fail(lost());
  }

  /** Streams of this resource bring everything so much later, as from a watch cache that is behind; 0 ends it. */
  lagBehind(resource: string, byMs: number): void {
    this.#lags.set(resource, byMs);
  }

  /** Those that are open now bring nothing any more, and stay open. */
  stallStreams(): void {
    for (const open of this.#streams) open.stalled = true;
  }

  /** The process is gone: the server sees its connections end. */
  abandon(): void {
    this.#streams.clear();
    void this.#inner.close();
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  #silentMs(): number | undefined {
    const { network, host, clock } = this.#options;
    const since = network.brokenSince(host, apiHost);
    return since === undefined ? undefined : clock.now() - since;
  }

  #failIfSilent(open: OpenStream): void {
    if (this.#streams.has(open) && this.#silentMs() !== undefined) open.fail(silent());
  }

  /** A PING goes out after a second without a byte, and a second later the peer is taken for gone. */
  #watchForSilence(): void {
    if (this.#isWatched || this.#silentMs() === undefined) return;
    this.#isWatched = true;
    this.#options.clock.schedule(PING_IDLE_MS + PING_LIMIT_MS, () => {
      this.#isWatched = false;
      const silentMs = this.#silentMs();
      if (silentMs === undefined) return;
      if (silentMs >= PING_IDLE_MS + PING_LIMIT_MS)
        for (const open of [...this.#streams]) open.fail(silent());
      this.#watchForSilence();
    });
  }

  async #answer(request: ApiRequest, timeoutMs: number): Promise<ApiResponse> {
    const { clock, faults } = this.#options;
    const verdict = faults.verdictOn(request);
    switch (verdict.kind) {
      case 'none':
        return this.#inner.request(request, timeoutMs);
      case 'refused':
        await pause(clock, 2);
        return verdict.response;
      case 'lost':
        if (verdict.isActedOn) void this.#inner.request(request, timeoutMs).catch(() => undefined);
        return this.#timeOut(timeoutMs, timeoutMs);
      case 'failed': {
        await this.#inner.request(request, timeoutMs);
        return verdict.response;
      }
      case 'late':
        return this.#answerLate(request, verdict.lateMs, timeoutMs);
    }
  }

  /** The server acts at once; its answer is on its way for so long, or is given up before it comes. */
  async #answerLate(request: ApiRequest, lateMs: number, timeoutMs: number): Promise<ApiResponse> {
    const { clock } = this.#options;
    const sentAt = clock.now();
    const response = await this.#inner.request(request, timeoutMs);
    const leftMs = timeoutMs - (clock.now() - sentAt);
    if (lateMs >= leftMs) return this.#timeOut(leftMs, timeoutMs);
    await pause(clock, lateMs);
    return response;
  }

  async #timeOut(afterMs: number, timeoutMs: number): Promise<never> {
    await pause(this.#options.clock, afterMs);
    throw new TransportError('REQUEST_TIMEOUT', `no answer within ${timeoutMs} ms`, { delivered: 'unknown' });
  }
}

/** Plural: pods, leases … */
function resourceOf({ path }: ApiRequest): string {
  return /\/([a-z]+)\?/.exec(path)?.[1] ?? '';
}

function lost(): TransportError {
  return new TransportError('CONNECTION_LOST', 'connection reset', { delivered: 'unknown' });
}

function silent(): TransportError {
  return new TransportError('PEER_SILENT', 'the API server does not answer', { delivered: 'unknown' });
}
