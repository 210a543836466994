/**
 * Owns how many sends of one kind are open at once, which of those that wait goes next, and which gives way to it.
 * Must not know what is sent.
 */
import { after, type Clock, type MonotonicMs, type Timer } from '../time/clock.ts';
import { limits } from './limits.ts';
import type { NotifyOutcome } from './notify.ts';

/** Ends the send. Only the first call counts. */
export type Finish = (outcome: NotifyOutcome) => void;

/** Begins a send, and returns what lets go of everything that it holds. */
export type BeginSend = (finish: Finish) => () => void;

export interface SendSlotsOptions {
  readonly clock: Clock;
  /** Whether a send that others wait for gives way once it has been open for limits.answerPatienceMs. */
  readonly givesWay: boolean;
}

interface OpenSend {
  readonly since: MonotonicMs;
  readonly finish: Finish;
}

export class SendSlots {
  readonly #options: SendSlotsOptions;
  /** The oldest first. */
  readonly #open = new Set<OpenSend>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;
  #timer: Timer | undefined;

  constructor(options: SendSlotsOptions) {
    this.#options = options;
  }

  /** `begin` is called within this call where there is room. Never rejects. */
  run(begin: BeginSend): Promise<NotifyOutcome> {
    return new Promise((resolve) => {
      this.#waiting.push(() => this.#start(begin, resolve));
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const { finish } of this.#open) finish({ kind: 'failed', because: 'closing' });
    this.#next();
  }

  #start(begin: BeginSend, resolve: Finish): void {
    if (this.#closed) {
      resolve({ kind: 'failed', because: 'closing' });
      return;
    }
    let release: (() => void) | undefined;
    const finish: Finish = (outcome) => {
      if (!this.#open.delete(send)) return;
      release?.();
      resolve(outcome);
      this.#next();
    };
    const send: OpenSend = { since: this.#options.clock.now(), finish };
    this.#open.add(send);
    try {
      release = begin(finish);
      if (!this.#open.has(send)) release();
    } catch (error) {
      // An address or a path that the system does not take: the same send fails again, and nothing is held.
      finish({ kind: 'failed', because: error instanceof Error ? error.message : String(error) });
    }
  }

  #next(): void {
    while (this.#waiting.length > 0 && (this.#closed || this.#open.size < limits.notifySocketsMax))
      this.#waiting.shift()?.();
    if (this.#waiting.length > 0 && this.#options.givesWay) this.#makeRoom();
  }

  #makeRoom(): void {
    const [next] = this.#mayGiveWay();
    if (next === undefined || this.#timer !== undefined) return;
    const { clock } = this.#options;
    const remainingMs = after(next.since, limits.answerPatienceMs) - clock.now();
    this.#timer = clock.schedule(Math.max(0, remainingMs), () => {
      this.#timer = undefined;
      this.#giveWay();
    });
  }

  #giveWay(): void {
    const now = this.#options.clock.now();
    const because = `no answer within ${limits.answerPatienceMs} ms, and others wait`;
    for (const { since, finish } of this.#mayGiveWay()) {
      if (this.#waiting.length === 0 || after(since, limits.answerPatienceMs) > now) break;
      finish({ kind: 'unacknowledged', because });
    }
    if (this.#waiting.length > 0) this.#makeRoom();
  }

  /**
   * The oldest half keep their places to the end: else nobody who is slow would ever be heard while many others wait,
   * however often all of them are sent again.
   */
  #mayGiveWay(): readonly OpenSend[] {
    return [...this.#open].slice(limits.notifySocketsMax / 2);
  }
}
