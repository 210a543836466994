/**
 * Owns how many calls are under way at once, and which of those that wait goes next.
 * Must not delay a call while there is room: then it starts within the caller's turn.
 *
 * Why a limit: a cold start decides on every singleton at once. Thousands of requests on one connection would each
 * take longer than their time limit, and every one that runs into it asks twice more.
 */
import { limits } from './limits.ts';

/** `first` waits for nothing: sight depends on it. `later` is what no traffic waits for. */
export type CallUrgency = 'first' | 'normal' | 'later';

export class CallQueue {
  readonly #waiting: Readonly<Record<'normal' | 'later', (() => void)[]>> = { normal: [], later: [] };
  #underWay = 0;

  run<T>(urgency: CallUrgency, call: () => Promise<T>): Promise<T> {
    if (urgency === 'first') return call();
    if (this.#underWay < limits.callsUnderWayMax) return this.#start(call);
    return new Promise((resolve, reject) => {
      this.#waiting[urgency].push(() => this.#start(call).then(resolve, reject));
    });
  }

  async #start<T>(call: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
      const next = this.#waiting.normal.shift() ?? this.#waiting.later.shift();
      next?.();
    }
  }
}
