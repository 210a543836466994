/**
 * Owns one Singleton's status as the API has it, and the writing of it: soon after it changes, never in the way of a
 * failover, and never over a version that was not seen.
 * Must not compose it.
 */
import { isDeepStrictEqual } from 'node:util';
import { decodeSingleton, type SingletonHead } from '../api/decode-singleton.ts';
import type { SingletonStatus } from '../api/singleton.ts';
import { encodeStatus } from '../api/status-codec.ts';
import { parseResourceVersion } from '../core/identity.ts';
import type { JsonObject } from '../kube/decode.ts';
import { jsonPatchRequest } from '../kube/request.ts';
import { SINGLETONS } from '../kube/resources.ts';
import type { Clock, Timer } from '../time/clock.ts';
import {
  type ApiCalls,
  type CallFailure,
  describeFailure,
  isRefusedForGood,
  readObject,
} from './api-calls.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { RefusedStatuses } from './refused-statuses.ts';

/** A version of a Singleton: what its status says there. */
export type StatusVersion = Pick<SingletonHead, 'namespace' | 'name' | 'resourceVersion' | 'status'>;

/** What a status should say instead. */
export type Composed =
  | { readonly kind: 'status'; readonly status: SingletonStatus }
  /** There is nothing to say, or another controller says it. */
  | { readonly kind: 'nothing' }
  /** What there is to say is not known yet. */
  | { readonly kind: 'later' };

export interface StatusWriterOptions {
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly refusedStatuses: RefusedStatuses;
  /** `before` is the status that it would replace. */
  readonly compose: (before: SingletonStatus | undefined) => Composed;
  /** It says something else now, whoever wrote it. */
  readonly onChanged: (status: SingletonStatus | undefined) => void;
  readonly onBug: (error: unknown) => void;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #writing = false;
  #timer: Timer | undefined;
  #failures = 0;
  readonly #writeSoon = () => this.#retry();
  #stopped = false;
  /** The newest that is known, from the watch or from an answer: the only one that is written over. */
  #known: StatusVersion;
  /** As the watch has it, which may be behind. */
  #watched: StatusVersion;

  constructor(version: StatusVersion, options: StatusWriterOptions) {
    this.#options = options;
    this.#known = version;
    this.#watched = version;
  }

  get status(): SingletonStatus | undefined {
    return this.#known.status;
  }

  /** It may have changed. */
  wake(): void {
    if (this.#timer === undefined && !this.#writing) this.#arm(limits.statusDelayMs);
  }

  /** The watch has brought a version of it. */
  found(version: StatusVersion): void {
    this.#watched = version;
    this.#learnNewer(version);
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#options.refusedStatuses.forget(this.#writeSoon);
  }

  /** What it waited for may be over. */
  #retry(): void {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#arm(limits.statusDelayMs);
  }

  #learnNewer(version: StatusVersion): void {
    const known = parseResourceVersion(this.#known.resourceVersion);
    const found = parseResourceVersion(version.resourceVersion);
    // Behind what an answer has told already.
    if (known === undefined || found === undefined || found >= known) this.#learn(version);
  }

  #learn(version: StatusVersion): void {
    this.#known = version;
    this.#options.onChanged(version.status);
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
    const { calls, compose } = this.#options;
    const { namespace, name, resourceVersion, status } = this.#known;
    const composed = compose(status);
    if (composed.kind === 'later') return this.#arm(limits.statusIntervalMs);
    if (composed.kind === 'nothing') return this.#rest();
    const value = encodeStatus(composed.status);
    if (status !== undefined && saysTheSame(value, encodeStatus(status))) return this.#rest();
    // Two controllers may write: the one that acted tells its move, the active one all else. Whoever has not seen what
    // the other one wrote is refused, with 409, as for any object that is sent back in an old version.
    const patch = [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'add', path: '/status', value },
    ];
    const request = jsonPatchRequest(SINGLETONS, { namespace, name, subresource: 'status', patch });
    const outcome = await calls.send(request, { urgency: 'later', timeoutMs: limits.startRequestTimeoutMs });
    if (outcome.kind === 'ok') {
      this.#taken();
      const written = readObject(outcome.body, decodeSingleton);
      if (written !== undefined)
        this.#learnNewer(written.kind === 'singleton' ? written.object : written.head);
      // Whatever changed meanwhile is written after a moment.
      return this.#arm(limits.statusIntervalMs);
    }
    if (outcome.kind === 'conflict') {
      this.#taken();
      // The watch brings what was written. It alone is believed now: a restored store counts from a lower version.
      this.#learn(this.#watched);
      if (this.#watched.resourceVersion !== resourceVersion) this.#arm(limits.statusDelayMs);
      return;
    }
    this.#failed(outcome);
  }

  #failed(failure: CallFailure): void {
    if (this.#stopped) return;
    // Of one that is gone the watch will tell. An API server that has just started says so of all of them for a moment.
    if (this.#failures === 0 && failure.kind !== 'notFound')
      this.#options.log.write('warn', 'its status was not written', { because: describeFailure(failure) });
    this.#failures += 1;
    // Where the API server is only away it is asked again at the usual pace.
    const isRefused = isRefusedForGood(failure) || failure.kind === 'notFound';
    const { refusedStatuses } = this.#options;
    this.#arm(isRefused ? refusedStatuses.refused(this.#writeSoon, this.#failures) : limits.statusIntervalMs);
  }

  #taken(): void {
    this.#failures = 0;
    this.#options.refusedStatuses.accepted(this.#writeSoon);
  }

  /** There is nothing to write. */
  #rest(): void {
    this.#failures = 0;
    this.#options.refusedStatuses.forget(this.#writeSoon);
  }
}

/** As JSON, in which the order of fields says nothing: what was composed and what was read back have each their own. */
function saysTheSame(left: JsonObject, right: JsonObject): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right)));
}
