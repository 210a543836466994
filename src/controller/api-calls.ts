/**
 * Owns one call to the API server: sent at once, and answered by a value whatever happens.
 * Must not retry: who called decides again.
 */
import { DecodeError } from '../kube/decode.ts';
import { classify, type Failure, type Ok } from '../kube/status.ts';
import { type ApiRequest, type Transport, TransportError } from '../kube/transport.ts';
import type { Clock } from '../time/clock.ts';
import { CallQueue, type CallUrgency } from './call-queue.ts';
import { limits } from './limits.ts';
import type { Metrics } from './metrics.ts';

/** No complete answer came. `delivered` says whether the server may have acted on it. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly delivered: 'no' | 'unknown';
  readonly error: TransportError;
}

export type CallOutcome = Ok | Failure | Unreachable;
export type CallFailure = Exclude<CallOutcome, Ok>;

export interface CallOptions {
  readonly urgency?: CallUrgency;
  readonly timeoutMs?: number;
}

export interface ApiCallsOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** A 403: the permissions are worth a look. */
  readonly onForbidden: () => void;
}

export class ApiCalls {
  readonly #options: ApiCallsOptions;
  readonly #queue = new CallQueue();

  constructor(options: ApiCallsOptions) {
    this.#options = options;
  }

  /**
   * The request is on its way when this returns, unless so many others are that it has to wait.
   * The promise rejects for bugs only.
   */
  send(
    request: ApiRequest,
    { urgency = 'normal', timeoutMs = limits.requestTimeoutMs }: CallOptions = {},
  ): Promise<CallOutcome> {
    return this.#queue.run(urgency, () => this.#send(request, timeoutMs));
  }

  async #send(request: ApiRequest, timeoutMs: number): Promise<CallOutcome> {
    const { transport, clock, metrics, onForbidden } = this.#options;
    const sentAt = clock.now();
    const outcome = await transport.request(request, timeoutMs).then(classify, unreachable);
    metrics.requestEnded(request.method, outcome.kind, clock.now() - sentAt);
    if (outcome.kind === 'forbidden') onForbidden();
    return outcome;
  }
}

function unreachable(error: unknown): Unreachable {
  if (!(error instanceof TransportError)) throw error;
  return { kind: 'unreachable', delivered: error.delivered, error };
}

/** The object in an answer; undefined where it is none (a Status, or something that cannot be read). */
export function readObject<T>(body: string, decode: (raw: unknown) => T): T | undefined {
  try {
    return decode(JSON.parse(body));
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether the server may have acted on a call that failed in this way. */
export function mayHaveActed(failure: CallFailure): boolean {
  return (
    failure.kind === 'serverError' || (failure.kind === 'unreachable' && failure.delivered === 'unknown')
  );
}

/**
 * The pod that was meant is gone, and another one has its name. A delete's precondition says so with 409 (apiserver:
 * rest.BeforeDelete, storage.Preconditions.Check), a patch that carries the UID with 422 (apimachinery:
 * ValidateObjectMetaAccessorUpdate). No other refusal is taken for it: a webhook may answer with any code.
 */
export function saysOtherUid(failure: CallFailure): boolean {
  if (failure.kind === 'conflict') return /\bUID in (the )?precondition\b/i.test(failure.message);
  return failure.kind === 'invalid' && failure.status === 422 && failure.fields.includes('metadata.uid');
}

/** RBAC, a webhook or a rule of the server does not want it: sent again, it gets the same answer. */
export function isRefusedForGood(failure: CallFailure): boolean {
  return failure.kind === 'forbidden' || failure.kind === 'invalid';
}

/** One sentence for people. */
export function describeFailure(failure: CallFailure): string {
  return failure.kind === 'unreachable' ? failure.error.message : failure.message;
}
