/**
 * Owns when a singleton may pass again: the back-off after a failure, the one after a need that comes back, and the cap.
 * Must not hold up a new need for an old one's failure: a back-off belongs to what it failed on.
 */
import type { Decision, Effect } from '../core/decision.ts';
import { after, type Clock, type MonotonicMs, type Random } from '../time/clock.ts';
import { type CallFailure, isRefusedForGood } from './api-calls.ts';
import { limits } from './limits.ts';

type Need = ReadonlySet<string>;

export class PassPace {
  readonly #clock: Clock;
  readonly #random: Random;
  /** Whatever is due waits until then. */
  #stoppedUntil: MonotonicMs | undefined;
  #backOffUntil: MonotonicMs | undefined;
  /** What the back-off is about; empty where that is the record itself. */
  #need: Need = new Set();
  #failures = 0;
  #repeats = 0;
  #endedAt: MonotonicMs | undefined;
  #windowStart: MonotonicMs | undefined;
  #passesInWindow = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Until when nothing at all may be done; undefined: now. */
  get stoppedUntil(): MonotonicMs | undefined {
    return later(this.#stoppedUntil, this.#clock.now());
  }

  /** Until when this has to wait; undefined: now. Without a decision, the record is to be settled. */
  waitsUntil(decision: Decision | undefined): MonotonicMs | undefined {
    const until = later(this.#backOffUntil, this.#clock.now());
    return until !== undefined && decision !== undefined && this.#isNew(decision) ? undefined : until;
  }

  /** Somebody undoes what we do, or a member flaps: passes go on, at a pace that costs others nothing. */
  begin(decision: Decision | undefined): void {
    const now = this.#clock.now();
    if (this.#windowStart === undefined || now - this.#windowStart >= limits.passWindowMs) {
      this.#windowStart = now;
      this.#passesInWindow = 0;
    }
    this.#passesInWindow += 1;
    if (this.#passesInWindow >= limits.passesPerWindowMax)
      this.#stoppedUntil = after(this.#windowStart, limits.passWindowMs);
    const need = needOf(decision?.effects ?? []);
    if (!isSame(need, this.#need)) {
      this.#failures = 0;
      this.#repeats = 0;
    }
    this.#need = need;
    this.#backOffUntil = undefined;
  }

  /** Everything was done, or another controller was first; a need that comes back all the same is met ever more slowly. */
  succeeded(): void {
    const now = this.#clock.now();
    const isCalm = this.#endedAt === undefined || now - this.#endedAt > 2 * limits.refusedBackoffMsMax;
    this.#failures = 0;
    this.#repeats = isCalm ? 0 : this.#repeats + 1;
    this.#endedAt = now;
    const doublings = this.#repeats - limits.repeatsFreeMax;
    if (doublings >= 0) this.#backOff(doublings, limits.refusedBackoffMsMax, 0);
  }

  /** It is decided again at once, or when what it waits for has come. */
  interrupted(): void {
    this.#failures = 0;
  }

  /** Undefined: an answer came, and the record is as unknown as before. */
  failed(failure: CallFailure | undefined): void {
    const isRefused = failure !== undefined && (isRefusedForGood(failure) || refusals.has(failure.kind));
    const asked = failure === undefined || failure.kind === 'unreachable' ? 0 : (failure.retryAfterMs ?? 0);
    const maxMs = isRefused ? limits.refusedBackoffMsMax : limits.passBackoffMsMax;
    this.#backOff(this.#failures, maxMs, Math.min(asked, limits.retryAfterMsMax));
    this.#failures += 1;
  }

  /** A bug: nothing of this singleton is tried before that. */
  stop(delayMs: number): void {
    this.#stoppedUntil = after(this.#clock.now(), delayMs);
  }

  /** Half of the delay is fixed and half is random, so that controllers don't retry in step. */
  #backOff(doublings: number, maxMs: number, atLeastMs: number): void {
    const fullMs = Math.min(maxMs, limits.passBackoffMsMin * 2 ** Math.min(20, doublings));
    const delayMs = Math.max(atLeastMs, fullMs * (0.5 + this.#random.fraction() / 2));
    this.#backOffUntil = after(this.#clock.now(), delayMs);
  }

  /** A holder is to be written down, routed or told who was not before. Other members' labels and deletes can wait. */
  #isNew({ effects }: Decision): boolean {
    return [...needOf(effects.filter(concernsHolder))].some((name) => !this.#need.has(name));
  }
}

/** Credentials, and what somebody has to create first, are put right by people, as permissions are. */
const refusals: ReadonlySet<CallFailure['kind']> = new Set(['unauthorized', 'notFound', 'gone']);

function concernsHolder(effect: Effect): boolean {
  switch (effect.kind) {
    case 'write-record':
    case 'write-traffic':
    case 'note-end':
      return true;
    case 'label-pod':
    case 'tell-pod':
      return effect.role === 'active';
    case 'touch-traffic':
    case 'follow-record':
    case 'retire-record':
    case 'withdraw-traffic':
    case 'delete-pod':
      return false;
  }
}

/**
 * Without what changes by itself, so that one need is recognised as the same: versions, and epochs too. Where somebody
 * else raises the epoch whenever we do, each one is new, and the need for the next one is not.
 */
function needOf(effects: readonly Effect[]): Need {
  return new Set(effects.map(nameOf));
}

function nameOf(effect: Effect): string {
  switch (effect.kind) {
    case 'write-record':
      return `record ${effect.write.holder.incarnation}`;
    case 'write-traffic':
      return `traffic ${effect.write.holder.uid} ${effect.write.serving}`;
    case 'touch-traffic':
      return 'touch';
    case 'note-end':
      return `end ${effect.write.holder.uid}`;
    case 'retire-record':
      return 'retire';
    case 'follow-record':
      return 'follow';
    case 'withdraw-traffic':
      return 'withdraw';
    case 'delete-pod':
      return `delete ${effect.pod.uid}`;
    case 'label-pod':
      return `label ${effect.pod.uid} ${effect.role}`;
    case 'tell-pod':
      return `tell ${effect.incarnation} ${effect.role}`;
  }
}

function isSame(left: Need, right: Need): boolean {
  return left.size === right.size && [...left].every((name) => right.has(name));
}

function later(moment: MonotonicMs | undefined, now: MonotonicMs): MonotonicMs | undefined {
  return moment !== undefined && now < moment ? moment : undefined;
}
