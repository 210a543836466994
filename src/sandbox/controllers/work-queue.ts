/**
 * Owns the order in which a controller looks at its objects: each key once however often it was asked for, soon after
 * the event and never inside it, and again with a growing delay when the API refused.
 * Must not know what a key means. (client-go util/workqueue)
 */
import type { Clock, Timer } from '../../time/clock.ts';
import { ApiError } from '../api/api-error.ts';
import { ApiUnreachableError } from '../store-link.ts';
import { RETRY_FIRST_MS, RETRY_MAX_MS } from './limits.ts';

export class WorkQueue {
  readonly #clock: Clock;
  readonly #process: (key: string) => void;
  readonly #reactionMs: number;
  readonly #waiting = new Set<string>();
  readonly #timers = new Map<string, Timer>();
  readonly #failures = new Map<string, number>();
  #draining = false;
  #closed = false;

  /** `reactionMs`: how long after the first event of a batch it is looked at; 0 is within the same turn. */
  constructor(clock: Clock, process: (key: string) => void, reactionMs = 0) {
    this.#clock = clock;
    this.#process = process;
    this.#reactionMs = reactionMs;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#waiting.add(key);
    if (this.#draining) return;
    this.#draining = true;
    if (this.#reactionMs > 0) this.#clock.schedule(this.#reactionMs, () => this.#drain());
    // A microtask: after the event's other listeners, before any timer or socket.
    else void Promise.resolve().then(() => this.#drain());
  }

  /** The earliest of several wins. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed || this.#timers.has(key)) return;
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, timer);
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #drain(): void {
    try {
      for (const key of this.#waiting) {
        this.#waiting.delete(key);
        this.#attempt(key);
      }
    } finally {
      this.#draining = false;
    }
  }

  #attempt(key: string): void {
    try {
      this.#process(key);
      this.#failures.delete(key);
    } catch (error) {
      // Whoever owns the queue adds everything again when the API is back.
      if (error instanceof ApiUnreachableError) return;
      if (!(error instanceof ApiError)) throw error;
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.addAfter(key, Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_MAX_MS));
    }
  }
}
