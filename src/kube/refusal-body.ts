/**
 * Owns the answer to a watch that the server refused: its status, and as much of its body as comes in time.
 * Must not classify it.
 */
import type { Clock, Timer } from '../time/clock.ts';
import { REFUSAL_BODY_MS, REFUSAL_BYTES_MAX } from './limits.ts';
import type { ApiResponse } from './transport.ts';

/** Calls `onComplete` once: at the end of the body, at its limit, or when it does not come. */
export class RefusalBody {
  readonly #status: number;
  readonly #retryAfterMs: number | undefined;
  readonly #onComplete: (response: ApiResponse) => void;
  readonly #timer: Timer;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #done = false;

  constructor(
    status: number,
    retryAfterMs: number | undefined,
    clock: Clock,
    onComplete: (response: ApiResponse) => void,
  ) {
    this.#status = status;
    this.#retryAfterMs = retryAfterMs;
    this.#onComplete = onComplete;
    this.#timer = clock.schedule(REFUSAL_BODY_MS, () => this.finish());
  }

  add(chunk: Uint8Array): void {
    if (this.#done) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= REFUSAL_BYTES_MAX) this.finish();
  }

  finish(): void {
    if (this.#done) return;
    this.discard();
    const body = Buffer.concat(this.#chunks).toString('utf8');
    this.#onComplete({ status: this.#status, retryAfterMs: this.#retryAfterMs, body });
  }

  /** Nobody wants it any more. */
  discard(): void {
    this.#done = true;
    this.#timer.cancel();
  }
}
