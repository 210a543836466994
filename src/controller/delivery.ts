/**
 * Owns one notice on its way over one channel: sent, and sent again ever more slowly, until it is heard.
 * Must not know of the other channels, nor write anything down: teller.ts does.
 */
import type { Clock, Timer } from '../time/clock.ts';
import type { RoleNotice } from '../wire/notify.ts';
import { describeChannel, describeDuty } from '../wire/notify-channel.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Notifier, NotifyFailure, NotifyTarget } from './notify.ts';

export interface DeliveryOptions {
  readonly target: NotifyTarget;
  readonly notice: RoleNotice;
  readonly clock: Clock;
  readonly notifier: Notifier;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Asked before each repeat: it is due no more. */
  readonly isOver: () => boolean;
  /** It was not heard, and is due no more. */
  readonly onOver: () => void;
  readonly onHeard: () => void;
  /** `problem` has become something to tell people. */
  readonly onProblem: () => void;
  readonly onBug: (error: unknown) => void;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  #attempts = 0;
  #isHeard = false;
  #isStopped = false;
  #isSaid = false;
  #problem: string | undefined;
  #timer: Timer | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Acknowledged, or, over a channel that has no acknowledgement, sent. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** One sentence, once it is repeated as slowly as it ever will be: not a listener that starts late any more. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Handed over within this call. */
  begin(): void {
    this.#attempt().catch(this.#options.onBug);
  }

  /** No repeat follows, and whatever comes of the last one counts no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  get #isSlowest(): boolean {
    return resendDelayMs(this.#attempts, limits.tellBackoffMsMax) === limits.tellBackoffMsMax;
  }

  async #attempt(): Promise<void> {
    const { notifier, target, notice, metrics, onHeard } = this.#options;
    this.#attempts += 1;
    const outcome = await notifier.send(target, notice);
    metrics.told(outcome.kind);
    if (this.#isStopped) return;
    if (outcome.kind === 'sent' || outcome.kind === 'acknowledged') {
      this.#problem = undefined;
      this.#isHeard = true;
      onHeard();
      return;
    }
    this.#say(outcome);
    this.#again();
  }

  /** Once. That nobody listens is said at once; that nobody has answered yet only when it stays so. */
  #say(failure: NotifyFailure): void {
    if (!this.#isSaid && (failure.kind !== 'unacknowledged' || this.#isSlowest)) {
      this.#isSaid = true;
      this.#log(failure);
    }
    if (!this.#isSlowest) return;
    const isNew = this.#problem === undefined;
    this.#problem = describeProblem(this.#options, failure);
    if (isNew) this.#options.onProblem();
  }

  #log({ kind, ...details }: NotifyFailure): void {
    const { log, target, notice } = this.#options;
    const { pod, role, epoch } = notice;
    const what = kind === 'unacknowledged' ? 'has not acknowledged' : 'could not be told';
    const channel = describeChannel(target.channel);
    const fields = { ip: target.ip, channel, epoch, kind, ...details };
    log.write('warn', `${pod} ${what} that it is ${role}: it is told again`, fields);
  }

  #again(): void {
    const { clock, isOver, onOver } = this.#options;
    if (isOver()) {
      onOver();
      return;
    }
    this.#timer = clock.schedule(resendDelayMs(this.#attempts, limits.tellBackoffMsMax), () => {
      if (isOver()) onOver();
      else this.begin();
    });
  }
}

/** 20, 40, 80 … ms up to the longest, after so many attempts. */
export function resendDelayMs(attempts: number, maxMs: number): number {
  return Math.min(maxMs, limits.tellBackoffMsMin * 2 ** Math.min(20, attempts - 1));
}

function describeProblem(
  { target, notice }: Pick<DeliveryOptions, 'target' | 'notice'>,
  failure: NotifyFailure,
): string {
  const { pod, role, epoch } = notice;
  const because = failure.kind === 'refused' ? 'nobody listens there' : failure.because;
  const duty = describeDuty(target.channel);
  return `${pod} has not heard on ${describeChannel(target.channel)} that it is ${role} with epoch ${epoch} (${because}): it must ${duty}`;
}
