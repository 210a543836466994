/**
 * Owns the API's injected faults: slow or failing answers, late or broken watches, and the API gone for a while.
 * Must not sleep by itself: delays are asked for by handler.ts and server.ts.
 */
import type { Clock } from '../../time/clock.ts';
import { ApiError, unavailable } from './api-error.ts';

/** Which requests a fault is for; what is left out matches everything. */
export interface RequestFilter {
  /** Plural: pods, leases … */
  readonly resource?: string;
  readonly verb?: Verb;
  /** Part of the User-Agent. */
  readonly userAgent?: string;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

export interface RequestFacts {
  readonly resource: string;
  readonly verb: Verb;
  readonly userAgent: string;
}

/** `timeout`: no answer at all, and the write may have been carried out. */
export type WriteFailure = 500 | 503 | 'timeout';

interface FailingWrites {
  readonly failure: WriteFailure;
  readonly filter: RequestFilter;
  remaining: number;
  readonly untilMs: number;
}

export type WriteOutcome = 'proceed' | 'noAnswer';

export class ApiFaults {
  readonly #clock: Clock;
  readonly #failingWrites: FailingWrites[] = [];
  readonly #watchDroppers = new Set<() => void>();
  readonly #outageListeners = new Set<(down: boolean) => void>();
  #downUntilMs = Number.NEGATIVE_INFINITY;
  #watchDelayMs = 0;
  #answerDelayMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every watch event reaches its watcher this much later; 0 ends it. */
  delayWatches(delayMs: number): void {
    this.#watchDelayMs = Math.max(0, delayMs);
  }

  get watchDelayMs(): number {
    return this.#watchDelayMs;
  }

  /** Every answer comes this much later; 0 ends it. */
  slowAnswers(delayMs: number): void {
    this.#answerDelayMs = Math.max(0, delayMs);
  }

  get answerDelayMs(): number {
    return this.#answerDelayMs;
  }

  /** Breaks every open watch, as a lost connection does. Returns how many there were. */
  dropWatches(): number {
    const droppers = [...this.#watchDroppers];
    for (const drop of droppers) drop();
    return droppers.length;
  }

  /** For open watches. Returns how to leave again. */
  onDrop(drop: () => void): () => void {
    this.#watchDroppers.add(drop);
    return () => {
      this.#watchDroppers.delete(drop);
    };
  }

  /** Fails matching writes: the next `count` of them, and no longer than `durationMs`; either may be left out. */
  failWrites(
    failure: WriteFailure,
    limits: { readonly count?: number; readonly durationMs?: number },
    filter: RequestFilter = {},
  ): void {
    const { count = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY } = limits;
    this.#failingWrites.push({ failure, filter, remaining: count, untilMs: this.#clock.now() + durationMs });
  }

  /** @throws ApiError 500 or 503 when a fault says so. */
  beforeWrite(facts: RequestFacts): WriteOutcome {
    const now: number = this.#clock.now();
    for (let index = this.#failingWrites.length - 1; index >= 0; index--) {
      const fault = this.#failingWrites[index];
      if (fault !== undefined && (fault.untilMs <= now || fault.remaining <= 0))
        this.#failingWrites.splice(index, 1);
    }
    const fault = this.#failingWrites.find(({ filter }) => matches(filter, facts));
    if (fault === undefined) return 'proceed';
    fault.remaining--;
    if (fault.failure === 'timeout') return 'noAnswer';
    if (fault.failure === 503)
      throw unavailable('injected fault: the server is currently unable to handle the request');
    throw new ApiError(500, 'InternalError', 'Internal error occurred: injected fault');
  }

  /** Takes the API away: every connection breaks, new ones are refused, for `durationMs`. */
  stopApi(durationMs: number): void {
    this.#downUntilMs = Math.max(this.#downUntilMs, this.#clock.now() + durationMs);
    this.dropWatches();
    for (const listener of [...this.#outageListeners]) listener(true);
    this.#endWhenDue();
  }

  /** A timer may come a fraction of a millisecond early, and the outage may have been made longer meanwhile. */
  #endWhenDue(): void {
    const remainingMs = this.#downUntilMs - this.#clock.now();
    if (remainingMs > 0) {
      this.#clock.schedule(remainingMs, () => this.#endWhenDue());
      return;
    }
    for (const listener of [...this.#outageListeners]) listener(false);
  }

  get down(): boolean {
    return this.#clock.now() < this.#downUntilMs;
  }

  /** For the socket server: told when an outage begins and ends. */
  onOutage(listener: (down: boolean) => void): () => void {
    this.#outageListeners.add(listener);
    return () => {
      this.#outageListeners.delete(listener);
    };
  }

  /** Ends every fault but an outage, whose end is set. */
  heal(): void {
    this.#failingWrites.length = 0;
    this.#watchDelayMs = 0;
    this.#answerDelayMs = 0;
  }
}

function matches(filter: RequestFilter, facts: RequestFacts): boolean {
  return (
    (filter.resource === undefined || filter.resource === facts.resource) &&
    (filter.verb === undefined || filter.verb === facts.verb) &&
    (filter.userAgent === undefined || facts.userAgent.includes(filter.userAgent))
  );
}
