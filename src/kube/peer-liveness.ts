/**
 * Owns the judgement whether the peer of a session still answers, from the times at which it was heard.
 * Must not send the PING, nor keep time: it is told both.
 */
import { ALIVE_WITHIN_MS, PING_IDLE_MS, PING_LIMIT_MS } from './limits.ts';

export type LivenessVerdict = 'quiet' | 'sendPing' | 'silent';

/** To be asked regularly. Answers `silent` at most PING_IDLE_MS + PING_LIMIT_MS + one tick after the peer's last byte. */
export class PeerLiveness {
  #heardAtMs: number;
  #pingDueMs: number | undefined;
  #tickDueMs: number | undefined;

  constructor(nowMs: number) {
    this.#heardAtMs = nowMs;
  }

  /** Anything that came from the peer. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#pingDueMs = undefined;
  }

  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  aliveAt(nowMs: number): boolean {
    return nowMs - this.#heardAtMs <= ALIVE_WITHIN_MS;
  }

  /**
   * `nextTickMs` from now this will be asked again. When it then is asked later than that, our own event loop was
   * stalled: the answer may lie unread in the socket, so the peer gets as much more time.
   */
  tick(nowMs: number, nextTickMs: number): LivenessVerdict {
    const stalledMs = this.#tickDueMs === undefined ? 0 : Math.max(0, nowMs - this.#tickDueMs);
    this.#tickDueMs = nowMs + nextTickMs;
    if (this.#pingDueMs !== undefined) {
      this.#pingDueMs += stalledMs;
      return nowMs >= this.#pingDueMs ? 'silent' : 'quiet';
    }
    if (nowMs - this.#heardAtMs < PING_IDLE_MS) return 'quiet';
    this.#pingDueMs = nowMs + PING_LIMIT_MS;
    return 'sendPing';
  }
}
