/**
 * Owns one watch for as long as the program runs: it opens what watch-fsm.ts orders, reads what arrives and passes it
 * on, all within the network's callback.
 * Must not decide when to retry or relist (the machine does), nor hold objects (the sink may).
 */
import type { Clock, MonotonicMs, Random, Timer } from '../time/clock.ts';
import { DecodeError } from './decode.ts';
import { decodeListPage, decodeWatchEvent, type WatchEvent } from './decode-watch.ts';
import { LINE_BYTES_MAX, LIST_PAGE_ITEMS, LIST_PAGE_TIMEOUT_MS } from './limits.ts';
import { LineSplitter } from './line-splitter.ts';
import { RefusalBody } from './refusal-body.ts';
import { listRequest, type Selection, watchRequest } from './request.ts';
import { qualifiedPlural, type Resource } from './resources.ts';
import { classify, type Failure } from './status.ts';
import {
  type ApiRequest,
  type ApiResponse,
  type StreamHandle,
  type StreamSink,
  type Transport,
  TransportError,
} from './transport.ts';
import { type DeliveryOptions, WatchDelivery } from './watch-delivery.ts';
import { step } from './watch-fsm.ts';
import { INITIAL_MACHINE, type WatchCommand, type WatchInput, type WatchMachine } from './watch-machine.ts';

export interface ReflectorOptions<T> extends Selection, DeliveryOptions<T> {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly resource: Resource;
}

export interface Reflector {
  /** The sink has been told once of everything there was. Stays true during later disconnects. */
  readonly synced: boolean;
  /** When the server last sent anything on this watch, bookmarks included. */
  readonly lastEventAt: MonotonicMs | undefined;
  /** Drops what is open and lists everything anew: for whoever has found that this watch tells less than there is. */
  relist(): void;
  /** The sink is not called after this. */
  stop(): void;
}

/** Starts at once; the first call of the sink may come before this returns. */
export function startReflector<T>(options: ReflectorOptions<T>): Reflector {
  const reflector = new RunningReflector(options);
  reflector.start();
  return reflector;
}

/** The stream or request that is open at present. A callback of another one is late and means nothing. */
interface Exchange {
  handle: StreamHandle | undefined;
  refusal: RefusalBody | undefined;
}

class RunningReflector<T> implements Reflector {
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #delivery: WatchDelivery<T>;
  #machine: WatchMachine = INITIAL_MACHINE;
  #exchange: Exchange | undefined;
  #timer: Timer | undefined;
  /** Inputs that arrived while a step's commands were being carried out. Rarely one, never many. */
  #inputs: WatchInput[] = [];
  #stepping = false;
  #stopped = false;
  #synced = false;
  #lastEventAt: MonotonicMs | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#clock = options.clock;
    this.#delivery = new WatchDelivery(options);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get lastEventAt(): MonotonicMs | undefined {
    return this.#lastEventAt;
  }

  start(): void {
    this.#feed({ kind: 'started' });
  }

  relist(): void {
    this.#feed({ kind: 'relistOrdered' });
  }

  stop(): void {
    this.#stopped = true;
    this.#delivery.stop();
    this.#abandon();
  }

  /** Inputs take effect in order, one whole step after the other, also those that a step itself brings about. */
  #feed(input: WatchInput): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#stepping = false;
    }
  }

  #step(input: WatchInput): void {
    if (this.#stopped) return;
    const context = { nowMs: this.#clock.now(), random: this.#options.random };
    const { machine, commands } = step(this.#machine, input, context);
    this.#machine = machine;
    for (const command of commands) {
      if (!this.#stopped) this.#execute(command);
    }
  }

  #execute(command: WatchCommand): void {
    switch (command.kind) {
      case 'openWatchList':
        this.#openStream({ timeoutSeconds: command.timeoutSeconds, sendInitialEvents: true });
        break;
      case 'openWatch':
        this.#openStream({
          timeoutSeconds: command.timeoutSeconds,
          resourceVersion: command.resourceVersion,
        });
        break;
      case 'openPage':
        this.#openPage(command.continueToken, command.whole);
        break;
      case 'wait':
        this.#abandon();
        break;
      case 'wake':
        this.#timer?.cancel();
        this.#timer = this.#clock.schedule(command.delayMs, () => this.#feed({ kind: 'timer' }));
        break;
      case 'beginSnapshot':
        this.#delivery.beginSnapshot();
        break;
      case 'synced':
        this.#synced = true;
        this.#delivery.finishSnapshot(command.resourceVersion);
        break;
      case 'report':
        this.#delivery.report(command.state);
        break;
    }
  }

  /** Ends what is open and waited for. What of it is still under way is ignored when it arrives. */
  #abandon(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.refusal?.discard();
    exchange?.handle?.cancel();
  }

  #beginExchange(): Exchange {
    this.#abandon();
    const exchange: Exchange = { handle: undefined, refusal: undefined };
    this.#exchange = exchange;
    return exchange;
  }

  #openStream(how: { timeoutSeconds: number; resourceVersion?: string; sendInitialEvents?: boolean }): void {
    const exchange = this.#beginExchange();
    const { transport, resource, namespace, labelSelector, fieldSelector } = this.#options;
    const request = watchRequest(resource, { namespace, labelSelector, fieldSelector, ...how });
    exchange.handle = transport.stream(request, this.#streamSink(exchange));
    // Stopped from within that call, before there was a handle to cancel.
    if (this.#exchange !== exchange) exchange.handle.cancel();
  }

  #streamSink(exchange: Exchange): StreamSink {
    const splitter = new LineSplitter(LINE_BYTES_MAX);
    const isCurrent = () => this.#exchange === exchange;
    const onLine = (line: Uint8Array) => {
      this.#onLine(line, isCurrent);
      return isCurrent();
    };
    return {
      onHead: (status, retryAfterMs) => {
        if (!isCurrent()) return;
        if (isSuccess(status)) this.#feed({ kind: 'accepted' });
        else exchange.refusal = this.#receiveRefusal(status, retryAfterMs);
      },
      onChunk: (chunk) => {
        if (!isCurrent()) return;
        if (exchange.refusal === undefined) this.#onChunk(chunk, splitter, onLine, isCurrent);
        else exchange.refusal.add(chunk);
      },
      onEnd: (cause) => {
        if (!isCurrent()) return;
        if (exchange.refusal === undefined) this.#feed({ kind: 'ended', cause: cause?.code });
        else exchange.refusal.finish();
      },
    };
  }

  #receiveRefusal(status: number, retryAfterMs: number | undefined): RefusalBody {
    return new RefusalBody(status, retryAfterMs, this.#clock, (response) => this.#onRefused(response));
  }

  #onChunk(
    chunk: Uint8Array,
    splitter: LineSplitter,
    onLine: (line: Uint8Array) => boolean,
    isCurrent: () => boolean,
  ): void {
    this.#lastEventAt = this.#clock.now();
    const readable = splitter.push(chunk, onLine);
    if (!readable && isCurrent()) this.#feed({ kind: 'malformed' });
    this.#delivery.chunkEnd();
  }

  #onLine(line: Uint8Array, isCurrent: () => boolean): void {
    const event = this.#read(() => decodeWatchEvent(textOf(line)));
    if (event === undefined) return;
    // The sink first: a version counts as seen only when the sink has had it. It may relist meanwhile.
    const input = this.#deliver(event);
    if (isCurrent()) this.#feed(input);
  }

  #deliver(event: WatchEvent): WatchInput {
    switch (event.kind) {
      case 'applied':
        return this.#seen(this.#delivery.apply(event.object));
      case 'deleted':
        return this.#seen(this.#delivery.delete(event.object));
      case 'bookmark':
        // Within a snapshot, and at its end, a version says nothing about objects that are yet to come.
        if (this.#machine.phase.kind === 'watch') this.#delivery.bookmark(event.resourceVersion);
        return event;
      case 'error':
        return { kind: 'errorEvent', failure: this.#named(event.failure) };
    }
  }

  #seen(resourceVersion: string | undefined): WatchInput {
    return resourceVersion === undefined ? { kind: 'malformed' } : { kind: 'item', resourceVersion };
  }

  #openPage(continueToken: string | undefined, whole: boolean): void {
    const exchange = this.#beginExchange();
    const { resource, namespace, labelSelector, fieldSelector } = this.#options;
    const limit = whole ? undefined : LIST_PAGE_ITEMS;
    const request = listRequest(resource, { namespace, labelSelector, fieldSelector, limit, continueToken });
    void this.#fetchPage(request, exchange);
  }

  async #fetchPage(request: ApiRequest, exchange: Exchange): Promise<void> {
    try {
      const response = await this.#options.transport.request(request, LIST_PAGE_TIMEOUT_MS);
      if (this.#exchange === exchange) this.#onPage(response, exchange);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (this.#exchange === exchange) this.#feed({ kind: 'ended', cause: error.code });
    }
  }

  #onPage(response: ApiResponse, exchange: Exchange): void {
    if (!isSuccess(response.status)) {
      this.#onRefused(response);
      return;
    }
    this.#lastEventAt = this.#clock.now();
    const page = this.#read(() => decodeListPage(response.body));
    if (page === undefined) return;
    let complete = true;
    for (const object of page.objects) {
      complete = this.#delivery.apply(object) !== undefined && complete;
      if (this.#exchange !== exchange) return;
    }
    const { resourceVersion, continueToken } = page;
    this.#feed(complete ? { kind: 'page', resourceVersion, continueToken } : { kind: 'malformed' });
    this.#delivery.chunkEnd();
  }

  /** What `decode` reads; undefined when it can't be read, and then the machine knows. */
  #read<V>(decode: () => V): V | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#feed({ kind: 'malformed' });
      return undefined;
    }
  }

  #onRefused(response: ApiResponse): void {
    const outcome = classify(response);
    if (outcome.kind !== 'ok') this.#feed({ kind: 'refused', failure: this.#named(outcome) });
  }

  /** A refusal that does not say which resource was refused is about ours. */
  #named(failure: Failure): Failure {
    if (failure.kind !== 'forbidden' || failure.resource !== undefined) return failure;
    return { ...failure, resource: qualifiedPlural(this.#options.resource) };
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('utf8');
}
