/**
 * Owns the tells of one singleton that are under way: over each of its channels, then written down on the pod.
 * Must not decide who is to be told, and must not hold up traffic: routing never waits for it.
 */
import type { Effect } from '../core/decision.ts';
import type { PodUid } from '../core/identity.ts';
import type { StepDown } from '../core/view.ts';
import { decodePod, type PodObject } from '../kube/decode-pod.ts';
import { mergePatchRequest } from '../kube/request.ts';
import { PODS } from '../kube/resources.ts';
import type { Clock, MonotonicMs, Timer } from '../time/clock.ts';
import { acknowledges, type NotifyChannel } from '../wire/notify-channel.ts';
import { type ApiCalls, describeFailure, readObject, saysOtherUid } from './api-calls.ts';
import { Delivery, resendDelayMs } from './delivery.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Notifier } from './notify.ts';
import { encodeTold, podDecoding } from './pod-codec.ts';
import { words } from './words.ts';

export type TellEffect = Extract<Effect, { readonly kind: 'tell-pod' }>;

export interface TellerOptions {
  readonly namespace: string;
  readonly singletonName: string;
  readonly clock: Clock;
  readonly notifier: Notifier;
  readonly calls: ApiCalls;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Over these it is told; a change is to be said by channelsChanged(). Over none, it is only written down. */
  readonly channels: () => readonly NotifyChannel[];
  /** This incarnation is there, and should still hear this: for `active`, the record names it with this epoch. */
  readonly isStillDue: (effect: TellEffect) => boolean;
  readonly onTold: (pod: PodObject) => void;
  /** A tell has ended, with or without success; a step-down was acknowledged; a problem has come up: decide again. */
  readonly onChanged: () => void;
  readonly onBug: (error: unknown) => void;
}

interface Tell {
  readonly effect: TellEffect;
  readonly begunAt: MonotonicMs;
  /** The role label of the same pod is written first: both change the pod, and traffic must not lose that race. */
  readonly routed: Promise<unknown>;
  /** One for each channel. */
  readonly deliveries: Delivery[];
  writes: number;
  timer: Timer | undefined;
}

export class Teller {
  readonly #options: TellerOptions;
  readonly #tells = new Map<PodUid, Tell>();
  #stopped = false;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** Members that are being told that they are active, and still are: a new epoch or incarnation is another tell. */
  get telling(): ReadonlySet<PodUid> {
    return new Set(this.#due('active').map(({ effect }) => effect.pod.uid));
  }

  /**
   * Members that are being told to step down, with what they said so far. `acknowledged` is known here some
   * milliseconds before it stands on the pod, and no longer after it does.
   */
  get steppingDown(): ReadonlyMap<PodUid, StepDown> {
    return new Map(
      this.#due('standby').map((tell) => [
        tell.effect.pod.uid,
        isHeard(tell) ? { kind: 'acknowledged' } : { kind: 'asked', at: tell.begunAt },
      ]),
    );
  }

  /** What people have to know, because it does not get better by itself. One sentence for each member and channel. */
  get problems(): readonly string[] {
    return [...this.#due('active'), ...this.#due('standby')].flatMap(({ deliveries }) =>
      deliveries.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    );
  }

  /**
   * Sends over each channel at once, if it is due; repeats, ever more slowly, until each has heard it and it is written
   * down, or it is no longer due. Takes the place of the tell of another role, epoch or incarnation.
   * A step-down goes over the channels that can acknowledge it; where there is none, nobody is told.
   */
  start(effect: TellEffect, routed: Promise<unknown>, onSent?: (at: MonotonicMs) => void): void {
    const before = this.#tells.get(effect.pod.uid);
    if (this.#stopped || !this.#options.isStillDue(effect) || isSame(before?.effect, effect)) return;
    const channels = channelsFor(effect, this.#options.channels());
    if (effect.role === 'standby' && channels.length === 0) return;
    if (before !== undefined) letGo(before);
    const begunAt = this.#options.clock.now();
    const tell: Tell = { effect, begunAt, routed, deliveries: [], writes: 0, timer: undefined };
    this.#tells.set(effect.pod.uid, tell);
    tell.deliveries.push(...channels.map((channel) => this.#deliveryOf(tell, channel)));
    if (effect.role === 'standby') {
      this.#guard(tell, this.#ask(tell, 1));
      return;
    }
    for (const delivery of tell.deliveries) delivery.begin();
    if (channels.length === 0) this.#beginWrite(tell);
    else onSent?.(this.#options.clock.now());
  }

  /**
   * That it is asked is written down first. It may step down and its word be lost, with the controller that asked: whoever
   * comes then has to know, or a healthy holder would never act again.
   */
  async #ask(tell: Tell, attempts: number): Promise<void> {
    await tell.routed;
    if (this.#isOver(tell)) return this.#end(tell);
    const isWritten = await this.#writeDown(tell, false);
    if (this.#isOver(tell)) return this.#end(tell);
    if (isWritten) {
      for (const delivery of tell.deliveries) delivery.begin();
      return;
    }
    tell.timer = this.#options.clock.schedule(resendDelayMs(attempts, limits.passBackoffMsMax), () =>
      this.#guard(tell, this.#ask(tell, attempts + 1)),
    );
  }

  #guard(tell: Tell, work: Promise<void>): void {
    work.catch((error: unknown) => this.#sayBug(tell, error));
  }

  /** Whoever is being told will be told anew, over the channels that there are now. */
  channelsChanged(): void {
    for (const tell of [...this.#tells.values()]) this.#end(tell);
  }

  stop(): void {
    this.#stopped = true;
    for (const tell of this.#tells.values()) letGo(tell);
    this.#tells.clear();
  }

  #due(role: TellEffect['role']): readonly Tell[] {
    const { isStillDue } = this.#options;
    return [...this.#tells.values()].filter(({ effect }) => effect.role === role && isStillDue(effect));
  }

  #deliveryOf(tell: Tell, channel: NotifyChannel): Delivery {
    const { namespace, singletonName, clock, notifier, log, metrics, onChanged } = this.#options;
    const { pod, ip, role, epoch } = tell.effect;
    return new Delivery({
      target: { ip, channel },
      notice: { role, epoch, singleton: `${namespace}/${singletonName}`, pod: pod.name },
      clock,
      notifier,
      log,
      metrics,
      isOver: () => this.#isOver(tell),
      onOver: () => this.#end(tell),
      onHeard: () => this.#heard(tell),
      onProblem: onChanged,
      onBug: (error) => this.#sayBug(tell, error),
    });
  }

  #heard(tell: Tell): void {
    if (!isHeard(tell)) return;
    if (tell.effect.role === 'standby') this.#options.onChanged();
    this.#beginWrite(tell);
  }

  #beginWrite(tell: Tell): void {
    this.#guard(tell, this.#write(tell));
  }

  async #write(tell: Tell): Promise<void> {
    tell.writes += 1;
    await tell.routed;
    if (this.#isOver(tell)) return this.#end(tell);
    const isWritten = await this.#writeDown(tell, true);
    if (isWritten || this.#isOver(tell)) return this.#end(tell);
    // A write like any other: it waits no longer than those do.
    tell.timer = this.#options.clock.schedule(resendDelayMs(tell.writes, limits.passBackoffMsMax), () => {
      if (this.#isOver(tell)) this.#end(tell);
      else this.#beginWrite(tell);
    });
  }

  /** Only this incarnation's own pod: the UID stands in the patch. */
  async #writeDown({ effect }: Tell, isHeard: boolean): Promise<boolean> {
    const { namespace, calls, log, onTold } = this.#options;
    const { pod } = effect;
    const patch = {
      metadata: { uid: pod.uid, annotations: { [words.told]: encodeTold({ ...effect, isHeard }) } },
    };
    const outcome = await calls.send(mergePatchRequest(PODS, { namespace, name: pod.name, patch }), {
      // Nobody waits for what was heard; the next active waits for who is asked.
      urgency: isHeard ? 'later' : 'normal',
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

  #isOver(tell: Tell): boolean {
    const isReplaced = this.#tells.get(tell.effect.pod.uid) !== tell;
    return this.#stopped || isReplaced || !this.#options.isStillDue(tell.effect);
  }

  #end(tell: Tell): void {
    letGo(tell);
    if (this.#tells.get(tell.effect.pod.uid) === tell) this.#tells.delete(tell.effect.pod.uid);
    if (!this.#stopped) this.#options.onChanged();
  }

  #sayBug(tell: Tell, error: unknown): void {
    this.#end(tell);
    this.#options.onBug(error);
  }
}

function channelsFor({ role }: TellEffect, channels: readonly NotifyChannel[]): readonly NotifyChannel[] {
  return role === 'active' ? channels : channels.filter(acknowledges);
}

function isHeard({ deliveries }: Tell): boolean {
  return deliveries.every((delivery) => delivery.isHeard);
}

function letGo({ deliveries, timer }: Tell): void {
  for (const delivery of deliveries) delivery.stop();
  timer?.cancel();
}

function isSame(one: TellEffect | undefined, other: TellEffect): boolean {
  return one?.role === other.role && one.epoch === other.epoch && one.incarnation === other.incarnation;
}
