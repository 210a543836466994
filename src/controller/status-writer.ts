/**
 * Owns the writing of one Singleton's status: soon after it changes, never in the way of a failover, by one controller.
 * Must not compose it.
 */
import type { SingletonStatus } from '../api/singleton.ts';
import { encodeStatus } from '../api/status-codec.ts';
import { jsonPatchRequest } from '../kube/request.ts';
import { SINGLETONS } from '../kube/resources.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { type ApiCalls, describeFailure, isRefusedForGood } from './api-calls.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';

export interface StatusWriterOptions {
  readonly namespace: string;
  readonly name: string;
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where there is nothing to say, or another controller says it. */
  readonly compose: () => SingletonStatus | undefined;
  readonly onWritten: (status: SingletonStatus) => void;
  readonly onBug: (error: unknown) => void;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #writing = false;
  #timer: Timer | undefined;
  #failures = 0;
  #stopped = false;
  /** As it was written last, or found. */
  #said: string | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** It may have changed. */
  wake(): void {
    if (this.#timer === undefined && !this.#writing) this.#arm(limits.statusDelayMs);
  }

  /** The watch has brought it: somebody, or this controller, wrote it so. */
  found(status: SingletonStatus | undefined): void {
    this.#said = status === undefined ? undefined : JSON.stringify(encodeStatus(status));
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#writing = true;
      this.#write()
        .catch(this.#options.onBug)
        .then(() => {
          this.#writing = false;
        })
        .catch(this.#options.onBug);
    });
  }

  async #write(): Promise<void> {
    const { namespace, name, calls, compose, onWritten, log } = this.#options;
    const status = compose();
    if (status === undefined) return;
    const value = encodeStatus(status);
    const said = JSON.stringify(value);
    if (said === this.#said) return;
    const patch = [{ op: 'add', path: '/status', value }];
    const request = jsonPatchRequest(SINGLETONS, { namespace, name, subresource: 'status', patch });
    const outcome = await calls.send(request, { urgency: 'later', timeoutMs: limits.startRequestTimeoutMs });
    if (outcome.kind === 'ok') {
      this.#failures = 0;
      this.#said = said;
      onWritten(status);
      // Whatever changed meanwhile is written after a moment.
      return this.#arm(limits.statusIntervalMs);
    }
    if (outcome.kind === 'notFound') return;
    if (this.#failures === 0)
      log.write('warn', 'its status was not written', { because: describeFailure(outcome) });
    this.#failures += 1;
    // Where the API server is only away, what there is has to be told as soon as it is back.
    const refusedMs = Math.min(
      limits.refusedBackoffMsMax,
      limits.statusIntervalMs * 2 ** Math.min(10, this.#failures),
    );
    this.#arm(isRefusedForGood(outcome) ? refusedMs : limits.statusIntervalMs);
  }
}
