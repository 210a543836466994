/**
 * Owns telling people, through Kubernetes Events, at its own pace: callers never wait and never hear of a failure.
 * Must not take more than its share: repetitions are counted in one Event, the rate is limited, the queue is short.
 */
import type { Clock, Random, Timer } from '../time/clock.ts';
import {
  type EventNotice,
  type EventReporter,
  type EventSeries,
  eventBody,
  eventNamespace,
  eventRepetition,
} from './encode-event.ts';
import {
  EVENT_BURST,
  EVENT_KEYS_MAX,
  EVENT_QUEUE_MAX,
  EVENT_RETRY_MS,
  EVENT_TIMEOUT_MS,
  EVENTS_PER_SECOND,
} from './limits.ts';
import { createRequest, mergePatchRequest } from './request.ts';
import { EVENTS } from './resources.ts';
import { classify, type Outcome } from './status.ts';
import { TokenBucket } from './token-bucket.ts';
import { type ApiRequest, type Transport, TransportError } from './transport.ts';

export interface EventWriterOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** For names that other writers don't use too. */
  readonly random: Random;
  readonly reporter: EventReporter;
}

export interface EventWriter {
  /** Returns at once. The Event appears soon, or is dropped when there are too many. */
  write(notice: EventNotice): void;
  /** Notices that no Event tells of: the queue was full, or the server refused them. */
  readonly dropped: number;
  /** Events that are to be written or counted up. */
  readonly waiting: number;
  stop(): void;
}

export function startEventWriter(options: EventWriterOptions): EventWriter {
  return new QueuedEventWriter(options);
}

/** A notice that was given at least once. */
interface Entry {
  series: EventSeries;
  /** The server has it: repetitions are counted there. */
  created: boolean;
  queued: boolean;
}

class QueuedEventWriter implements EventWriter {
  readonly #options: EventWriterOptions;
  readonly #bucket: TokenBucket;
  /** By what makes two notices the same; the longest unused first. */
  readonly #entries = new Map<string, Entry>();
  #queue: Entry[] = [];
  #writing = false;
  #timer: Timer | undefined;
  #stopped = false;
  #dropped = 0;

  constructor(options: EventWriterOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(EVENT_BURST, EVENTS_PER_SECOND, options.clock.now());
  }

  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  write(notice: EventNotice): void {
    if (this.#stopped) return;
    const entry = this.#count(notice);
    if (!entry.queued) this.#enqueue(entry);
    this.#writeNext();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#queue = [];
    this.#entries.clear();
  }

  #count(notice: EventNotice): Entry {
    const { regarding, type, reason, message } = notice;
    const key = JSON.stringify([regarding.kind, regarding.namespace, regarding.uid, type, reason, message]);
    const known = this.#entries.get(key);
    const nowMs = this.#options.clock.wallTimeMs();
    const entry = known ?? { series: this.#newSeries(notice, nowMs), created: false, queued: false };
    entry.series = { ...entry.series, count: entry.series.count + 1, lastAtMs: nowMs };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > EVENT_KEYS_MAX) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }

  #newSeries(notice: EventNotice, nowMs: number): EventSeries {
    return { notice, name: this.#newName(notice, nowMs), count: 0, firstAtMs: nowMs, lastAtMs: nowMs };
  }

  /** The object's name, as kubectl sorts by it, and what makes it ours. Names are limited to 253 characters. */
  #newName(notice: EventNotice, nowMs: number): string {
    const random = Math.floor(this.#options.random.fraction() * 2 ** 32);
    const suffix = `${Math.floor(nowMs).toString(16)}${random.toString(16).padStart(8, '0')}`;
    return `${notice.regarding.name.slice(0, 230)}.${suffix}`;
  }

  #enqueue(entry: Entry): void {
    entry.queued = true;
    this.#queue.push(entry);
    if (this.#queue.length <= EVENT_QUEUE_MAX) return;
    const oldest = this.#queue.shift();
    if (oldest === undefined) return;
    oldest.queued = false;
    this.#dropped += 1;
  }

  #writeNext(): void {
    if (this.#writing || this.#stopped || this.#timer !== undefined || this.#queue.length === 0) return;
    const waitMs = this.#bucket.take(this.#options.clock.now());
    if (waitMs > 0) {
      this.#resumeAfter(waitMs);
      return;
    }
    const entry = this.#queue.shift();
    if (entry === undefined) return;
    entry.queued = false;
    this.#writing = true;
    void this.#send(entry);
  }

  #resumeAfter(delayMs: number): void {
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#writeNext();
    });
  }

  async #send(entry: Entry): Promise<void> {
    const retry = await this.#attempt(entry);
    this.#writing = false;
    if (this.#stopped) return;
    if (retry) {
      if (!entry.queued) this.#enqueue(entry);
      this.#resumeAfter(EVENT_RETRY_MS);
    }
    this.#writeNext();
  }

  /** True when it is worth trying again. */
  async #attempt(entry: Entry): Promise<boolean> {
    try {
      const response = await this.#options.transport.request(this.#requestFor(entry), EVENT_TIMEOUT_MS);
      return this.#learn(entry, classify(response));
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (error.retry === 'backoff') return true;
      this.#dropped += 1;
      return false;
    }
  }

  #requestFor(entry: Entry): ApiRequest {
    const { series } = entry;
    const namespace = eventNamespace(series.notice.regarding);
    if (!entry.created) {
      return createRequest(EVENTS, { namespace, body: eventBody(series, this.#options.reporter) });
    }
    return mergePatchRequest(EVENTS, { namespace, name: series.name, patch: eventRepetition(series) });
  }

  #learn(entry: Entry, outcome: Outcome): boolean {
    switch (outcome.kind) {
      case 'ok':
      // Ours, from an attempt whose answer was lost: nobody else draws the same name.
      case 'conflict':
        entry.created = true;
        return false;
      case 'tooManyRequests':
      case 'serverError':
        return true;
      case 'notFound':
        if (entry.created) return this.#startAnew(entry);
        break;
      case 'gone':
      case 'forbidden':
      case 'unauthorized':
      case 'invalid':
        break;
    }
    this.#dropped += 1;
    return false;
  }

  /** The server has forgotten it (Events live an hour), so this repetition is the first again. */
  #startAnew(entry: Entry): boolean {
    const { notice, lastAtMs } = entry.series;
    entry.series = { ...this.#newSeries(notice, lastAtMs), count: 1 };
    entry.created = false;
    return true;
  }
}
