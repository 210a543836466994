/**
 * Owns one watch from its request to its end: where it starts, bookmarks, the time-out, delays by faults.
 * (apiserver pkg/storage/cacher/cacher.go Watch; KEP-3157 for sendInitialEvents)
 */
import type { Clock, Random, Timer } from '../../time/clock.ts';
import { ApiError, invalid, unexplained } from './api-error.ts';
import type { StoreEvent } from './collection.ts';
import { bookmarkText, oneText, watchLine } from './encoding.ts';
import type { ApiFaults } from './faults.ts';
import type { FieldProblem } from './field-problem.ts';
import { limits } from './limits.ts';
import { integerParameter, isTrue, type ResponseSink, type StreamResponse } from './request.ts';
import type { Store } from './store.ts';
import { eventLine, passes, type WatchFilter, type WatchHub } from './watch-hub.ts';

export interface WatchServices {
  readonly store: Store;
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: ApiFaults;
}

interface WatchStart {
  /** Everything there is comes first, as ADDED. */
  readonly initialEvents: boolean;
  /** …and then a bookmark that says so. */
  readonly initialEventsEnd: boolean;
  /** Where to go on from, without initial events. */
  readonly resourceVersion: number;
}

export interface WatchRequest {
  readonly filter: WatchFilter;
  readonly start: WatchStart;
  readonly bookmarks: boolean;
  readonly durationMs: number;
}

/** @throws ApiError 400, 422 */
export function parseWatch(filter: WatchFilter, query: URLSearchParams, random: Random): WatchRequest {
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const timeoutSeconds = integerParameter(query, 'timeoutSeconds') ?? 0;
  const randomMs = limits.watchDurationMsMin * (1 + random.fraction());
  return {
    filter,
    start: parseStart(query, bookmarks),
    bookmarks,
    durationMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : randomMs,
  };
}

const LIST_OPTIONS = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' };

function parseStart(query: URLSearchParams, bookmarks: boolean): WatchStart {
  const match = query.get('resourceVersionMatch') ?? '';
  const sendInitialEvents = query.get('sendInitialEvents');
  const text = query.get('resourceVersion');
  const resourceVersion = parseResourceVersion(text);
  if (resourceVersion === undefined) throw unexplained(resourceVersionProblem(text));
  const problem = startProblem(match, sendInitialEvents);
  if (problem !== undefined) throw invalid(LIST_OPTIONS, '', [problem]);
  if (sendInitialEvents !== null) {
    const initialEvents = isTrue(sendInitialEvents);
    return { initialEvents, initialEventsEnd: initialEvents && bookmarks, resourceVersion };
  }
  return { initialEvents: resourceVersion === 0, initialEventsEnd: false, resourceVersion };
}

function startProblem(match: string, sendInitialEvents: string | null): FieldProblem | undefined {
  const field = 'resourceVersionMatch';
  if (sendInitialEvents === null) {
    const note = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
    return match === '' ? undefined : { kind: 'forbidden', field, note };
  }
  if (match === 'NotOlderThan') return undefined;
  const note = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
  return { kind: 'forbidden', field, note };
}

/** 0 for "" and "0"; undefined for what is none. */
export function parseResourceVersion(text: string | null): number | undefined {
  const number = Number(text ?? '');
  return /^\d*$/.test(text ?? '') && Number.isSafeInteger(number) ? number : undefined;
}

export function resourceVersionProblem(text: string | null): string {
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
}

export function watchResponse(services: WatchServices, request: WatchRequest): StreamResponse {
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': 'application/json' },
    stream: (sink) => {
      const session = new WatchSession(services, request, sink);
      session.begin();
      return () => session.stop();
    },
  };
}

class WatchSession {
  readonly namespace: string | undefined;
  readonly #services: WatchServices;
  readonly #request: WatchRequest;
  readonly #sink: ResponseSink;
  readonly #timers = new Set<Timer>();
  #leave: () => void = () => {};
  #headersSent = false;
  #ended = false;
  /** While lines are delayed, later ones queue behind them even when the delay has been lifted. */
  readonly #delayed: string[] = [];

  constructor(services: WatchServices, request: WatchRequest, sink: ResponseSink) {
    this.#services = services;
    this.#request = request;
    this.#sink = sink;
    this.namespace = request.filter.namespace;
  }

  begin(): void {
    const { hub, faults } = this.#services;
    const { filter, bookmarks, durationMs, start } = this.#request;
    if (start.initialEvents) this.#sendInitialEvents();
    else if (!this.#sendMissedEvents(start.resourceVersion)) return;
    const leaveHub = hub.join(filter.type, this);
    const leaveFaults = faults.onDrop(() => this.#end('abrupt'));
    this.#leave = () => {
      leaveHub();
      leaveFaults();
    };
    this.#after(durationMs, () => {
      if (bookmarks) this.#bookmark(false);
      this.#end('orderly');
    });
    if (bookmarks) this.#bookmarkLater();
  }

  /** Who asks from a version that is still to come has nothing to hear before (cacher: getAllEventsSince). */
  deliver(event: StoreEvent): void {
    const { clock } = this.#services;
    if (event.resourceVersion <= this.#request.start.resourceVersion) return;
    const line = eventLine(this.#request.filter, event, clock.wallTimeMs(), !this.#headersSent);
    if (line !== undefined) this.#write(line);
  }

  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leave();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #sendInitialEvents(): void {
    const { store, clock } = this.#services;
    const { filter, start } = this.#request;
    const { type, form } = filter;
    for (const object of store.list(
      type,
      filter.namespace === undefined ? {} : { namespace: filter.namespace },
    )) {
      if (!passes(filter, object)) continue;
      this.#write(watchLine('ADDED', oneText(type, object, form, clock.wallTimeMs(), !this.#headersSent)));
    }
    if (start.initialEventsEnd) this.#bookmark(true);
  }

  /** False when too much of it is forgotten: the watch ends with an ERROR event, as the real one does, not with HTTP 410. */
  #sendMissedEvents(resourceVersion: number): boolean {
    const { store } = this.#services;
    const { filter } = this.#request;
    const collection = store.collection(filter.type);
    const missed = collection.eventsAfter(resourceVersion);
    if (missed === undefined) {
      const message = `too old resource version: ${resourceVersion} (${collection.forgottenVersion})`;
      this.#write(watchLine('ERROR', JSON.stringify(new ApiError(410, 'Expired', message).toStatus())));
      this.#end('orderly');
      return false;
    }
    for (const event of missed) {
      const { namespace } = event.object.metadata;
      if (filter.namespace === undefined || filter.namespace === namespace) this.deliver(event);
    }
    return true;
  }

  #bookmarkLater(): void {
    this.#after(limits.bookmarkIntervalMs, () => {
      this.#bookmark(false);
      this.#bookmarkLater();
    });
  }

  #bookmark(endsInitialEvents: boolean): void {
    const { store } = this.#services;
    const text = bookmarkText(this.#request.filter.type, store.resourceVersion, endsInitialEvents);
    this.#write(watchLine('BOOKMARK', text));
  }

  #write(line: string): void {
    if (this.#ended) return;
    this.#headersSent = true;
    const { watchDelayMs } = this.#services.faults;
    if (watchDelayMs === 0 && this.#delayed.length === 0) {
      this.#sink.write(line);
      return;
    }
    this.#delayed.push(line);
    // Each timer lets the oldest line go, not its own: a delay that was made shorter must not let lines overtake.
    this.#after(watchDelayMs, () => {
      const oldest = this.#delayed.shift();
      if (oldest !== undefined) this.#sink.write(oldest);
    });
  }

  #after(delayMs: number, run: () => void): void {
    const timer: Timer = this.#services.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      if (!this.#ended) run();
    });
    this.#timers.add(timer);
  }

  #end(how: 'orderly' | 'abrupt'): void {
    if (this.#ended) return;
    this.stop();
    this.#sink.end(how);
  }
}
