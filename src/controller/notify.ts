/**
 * Owns telling members that they are active: the Notifier port, and the tells of one singleton that are under way.
 * Must not decide who is to be told, and must not hold up traffic: routing never waits for it.
 */
import type { Effect } from '../core/decision.ts';
import type { PodUid } from '../core/identity.ts';
import { decodePod, type PodObject } from '../kube/decode-pod.ts';
import { mergePatchRequest } from '../kube/request.ts';
import { PODS } from '../kube/resources.ts';
import type { Clock, MonotonicMs, Timer } from '../time/clock.ts';
import { goActiveDatagram } from '../wire/notify.ts';
import { type ApiCalls, describeFailure, readObject, saysOtherUid } from './api-calls.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { encodeTold, podDecoding } from './pod-codec.ts';
import { words } from './words.ts';

/** What became of one datagram. `sent` is not heard: UDP has no acknowledgement, only refusals. */
export type NotifyOutcome =
  | { readonly kind: 'sent' }
  /** The pod's host answered that nobody listens there (ICMP port unreachable). */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed'; readonly because: string };

export interface Notifier {
  /** The datagram is handed over at once. Never rejects. */
  send(ip: string, text: string): Promise<NotifyOutcome>;
  close(): void;
}

export type TellEffect = Extract<Effect, { readonly kind: 'tell-pod' }>;

export interface TellerOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly notifier: Notifier;
  readonly calls: ApiCalls;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The record still names this incarnation with this epoch, and its pod is there. */
  readonly isStillDue: (effect: TellEffect) => boolean;
  readonly onTold: (pod: PodObject) => void;
  /** A tell has ended, with or without success: decide again. */
  readonly onEnded: () => void;
  readonly onBug: (error: unknown) => void;
}

interface Tell {
  readonly effect: TellEffect;
  /** The role label of the same pod is written first: both change the pod, and traffic must not lose that race. */
  readonly routed: Promise<unknown>;
  readonly onSent: ((at: MonotonicMs) => void) | undefined;
  attempts: number;
  sent: boolean;
  timer: Timer | undefined;
}

export class Teller {
  readonly #options: TellerOptions;
  readonly #tells = new Map<PodUid, Tell>();
  #stopped = false;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Members whose tell is under way, and still due: a new epoch or incarnation is another tell. */
  get telling(): ReadonlySet<PodUid> {
    const due = [...this.#tells.values()].filter(({ effect }) => this.#options.isStillDue(effect));
    return new Set(due.map(({ effect }) => effect.pod.uid));
  }

  /**
   * Sends at once, if it is due; repeats, ever more slowly, until it is sent and written down or no longer due.
   * Takes the place of the tell of another epoch or incarnation.
   */
  start(effect: TellEffect, routed: Promise<unknown>, onSent?: (at: MonotonicMs) => void): void {
    const before = this.#tells.get(effect.pod.uid);
    if (this.#stopped || !this.#options.isStillDue(effect) || isSame(before?.effect, effect)) return;
    before?.timer?.cancel();
    const tell: Tell = { effect, routed, onSent, attempts: 0, sent: false, timer: undefined };
    this.#tells.set(effect.pod.uid, tell);
    this.#begin(tell);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#tells.values()) timer?.cancel();
    this.#tells.clear();
  }

  #begin(tell: Tell): void {
    this.#attempt(tell).catch((error: unknown) => {
      this.#end(tell);
      this.#options.onBug(error);
    });
  }

  async #attempt(tell: Tell): Promise<void> {
    tell.attempts += 1;
    if (!tell.sent) {
      const sent = await this.#send(tell);
      if (!sent) return this.#again(tell);
      tell.sent = true;
    }
    await tell.routed;
    if (this.#isOver(tell)) return this.#end(tell);
    const written = await this.#writeDown(tell);
    if (written) this.#end(tell);
    else this.#again(tell);
  }

  async #send(tell: Tell): Promise<boolean> {
    const { clock, notifier, metrics, log } = this.#options;
    const { pod, ip, epoch } = tell.effect;
    const outcome = notifier.send(ip, goActiveDatagram);
    tell.onSent?.(clock.now());
    const { kind, ...details } = await outcome;
    metrics.told(kind);
    if (kind === 'sent') return true;
    if (tell.attempts === 1) {
      log.write('warn', `${pod.name} could not be told that it is active: it is told again`, {
        ip,
        epoch,
        kind,
        ...details,
      });
    }
    return false;
  }

  /** Only this incarnation's own pod: the UID stands in the patch. */
  async #writeDown({ effect }: Tell): Promise<boolean> {
    const { namespace, calls, log, onTold } = this.#options;
    const { pod } = effect;
    const patch = { metadata: { uid: pod.uid, annotations: { [words.told]: encodeTold(effect) } } };
    const outcome = await calls.send(mergePatchRequest(PODS, { namespace, name: pod.name, patch }), {
      urgency: 'later',
    });
    if (outcome.kind === 'ok') {
      const written = readObject(outcome.body, (raw) => decodePod(raw, podDecoding));
      if (written !== undefined) onTold(written);
      return true;
    }
    log.write('debug', `what ${pod.name} was told is not written down yet`, {
      because: describeFailure(outcome),
    });
    // Nobody is there any more to whom it matters.
    return outcome.kind === 'notFound' || saysOtherUid(outcome);
  }

  #again(tell: Tell): void {
    if (this.#isOver(tell)) {
      this.#end(tell);
      return;
    }
    // What was sent only has to be written down, which is a write like any other.
    const maxMs = tell.sent ? limits.passBackoffMsMax : limits.tellBackoffMsMax;
    const delayMs = Math.min(maxMs, limits.tellBackoffMsMin * 2 ** Math.min(20, tell.attempts - 1));
    tell.timer = this.#options.clock.schedule(delayMs, () => {
      if (this.#isOver(tell)) this.#end(tell);
      else this.#begin(tell);
    });
  }

  #isOver(tell: Tell): boolean {
    const isReplaced = this.#tells.get(tell.effect.pod.uid) !== tell;
    return this.#stopped || isReplaced || !this.#options.isStillDue(tell.effect);
  }

  #end(tell: Tell): void {
    if (this.#tells.get(tell.effect.pod.uid) === tell) this.#tells.delete(tell.effect.pod.uid);
    if (!this.#stopped) this.#options.onEnded();
  }
}

function isSame(one: TellEffect | undefined, other: TellEffect): boolean {
  return one?.epoch === other.epoch && one.incarnation === other.incarnation;
}
