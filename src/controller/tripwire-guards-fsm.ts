/**
 * Owns what no tripwire can know by itself: whether a refusal counts, seen beside those of the others.
 * Must not keep time nor wait: a lone refusal is never delayed by it.
 *
 * A tripwire shows itself here when its connection is lost, at least 5 ms before its evidence, and is counted until it
 * is accepted again. So when our own network resets and refuses everything at once, the very first evidence is already
 * weighed against all the others. Only where the losses are more than 5 ms apart do the first two singletons get
 * through as lone ones, each with a failover that was not needed; the third one within 100 ms, and all that follow, do
 * not. The price: a real crash at a moment when a fifth of all servers have just closed their connections, and not
 * accepted again yet, is left to the kubelet.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { TripwireLimits } from './tripwire-limits.ts';

export type Weighed = 'counts' | 'refused-with-many' | 'refused-again';

export class TripwireGuards {
  readonly #limits: TripwireLimits;
  /** Singletons whose present target was held: only those can be refused, and they are the whole of the share. */
  readonly #held = new Set<string>();
  /** When each was lost or refused last, and not accepted since; oldest first. */
  readonly #doubted = new Map<string, MonotonicMs>();
  /** Singletons whose last word was a refusal that counted. */
  readonly #spent = new Set<string>();

  constructor(limits: TripwireLimits) {
    this.#limits = limits;
  }

  /** Its tripwire accepts: the present holder, whoever made it, has proved that it can be refused. */
  accepted(key: string): void {
    this.#held.add(key);
    this.#spent.delete(key);
  }

  /** Its tripwire has another target. A refusal that made it the holder is not forgotten. */
  retargeted(key: string): void {
    this.#held.delete(key);
  }

  unwatched(key: string): void {
    this.#held.delete(key);
    this.#doubted.delete(key);
    this.#spent.delete(key);
  }

  /** Its connection is lost and being tried again, or has been refused. */
  doubted(key: string, now: MonotonicMs): void {
    this.#doubted.delete(key);
    this.#doubted.set(key, now);
  }

  /** Accepted after all. */
  cleared(key: string): void {
    this.#doubted.delete(key);
  }

  /** To be asked once for each evidence `refused`. */
  weigh(key: string, now: MonotonicMs): Weighed {
    this.doubted(key, now);
    if (this.#spent.has(key)) return 'refused-again';
    if (this.#isStorm(now)) return 'refused-with-many';
    this.#spent.add(key);
    return 'counts';
  }

  #isStorm(now: MonotonicMs): boolean {
    const { stormWindowMs, stormSingletonsMax, stormShareMax } = this.#limits;
    for (const [key, at] of this.#doubted) {
      if (now - at <= stormWindowMs) break;
      this.#doubted.delete(key);
    }
    const doubted = this.#doubted.size;
    return doubted > stormSingletonsMax && doubted > stormShareMax * this.#held.size;
  }
}
