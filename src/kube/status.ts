/**
 * Owns what an answer of the API server means: one kind for each way in which a caller would go on.
 * Must not retry or wait: it says what happened and, where the server said so, when to come back.
 */
import { isObject, type JsonObject } from './decode.ts';
import type { ApiResponse } from './transport.ts';

/** What every answer but success carries, from its metav1.Status body as far as there is one. */
interface Refusal {
  /** The HTTP status, or the `code` of a watch's ERROR event. */
  readonly status: number;
  /** metav1.Status.reason, such as `Expired`; '' when the server gave none. */
  readonly reason: string;
  readonly message: string;
  /** From the Retry-After header or details.retryAfterSeconds. */
  readonly retryAfterMs: number | undefined;
}

export interface Ok {
  readonly kind: 'ok';
  readonly status: number;
  readonly body: string;
}
/** Somebody else was first: the resourceVersion or UID is another one, or the object exists already. */
export type Conflict = Refusal & { readonly kind: 'conflict'; readonly alreadyExists: boolean };
/** The version or the continue token asked for is no longer (or not yet) there: list again. */
export type Gone = Refusal & { readonly kind: 'gone' };
export type NotFound = Refusal & { readonly kind: 'notFound' };
/** Verb and resource as RBAC names them, as far as the server said. */
export type Forbidden = Refusal & {
  readonly kind: 'forbidden';
  readonly verb: string | undefined;
  readonly resource: string | undefined;
};
export type TooManyRequests = Refusal & { readonly kind: 'tooManyRequests' };
export type Unauthorized = Refusal & { readonly kind: 'unauthorized' };
/** The request itself is wrong: sent again, it gets the same answer. */
export type Invalid = Refusal & {
  readonly kind: 'invalid';
  /** The fields that the server found wrong, as `metadata.uid`: details.causes of a 422. */
  readonly fields: readonly string[];
};
export type ServerError = Refusal & { readonly kind: 'serverError' };

export type Failure =
  | Conflict
  | Gone
  | NotFound
  | Forbidden
  | TooManyRequests
  | Unauthorized
  | Invalid
  | ServerError;

export type Outcome = Ok | Failure;

export function classify(response: ApiResponse): Outcome {
  if (response.status >= 200 && response.status < 300) {
    return { kind: 'ok', status: response.status, body: response.body };
  }
  return classifyFailure(response.status, parseStatus(response.body), response.retryAfterMs, response.body);
}

/** The failure in the `object` of a watch's ERROR event: a metav1.Status that carries the HTTP code. */
export function classifyStatus(status: unknown): Failure {
  const object = isObject(status) ? status : {};
  const code = object.code;
  return classifyFailure(typeof code === 'number' ? code : 500, object, undefined, 'no message');
}

export type KubeErrorCode =
  | 'CONFLICT'
  | 'ALREADY_EXISTS'
  | 'GONE'
  | 'NOT_FOUND'
  | 'FORBIDDEN'
  | 'TOO_MANY_REQUESTS'
  | 'UNAUTHORIZED'
  | 'INVALID'
  | 'SERVER_ERROR';

/** A refusal as an error, for callers that have no other use for it. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  readonly retry: 'backoff' | 'relist' | 'never';
  readonly status: number;
  readonly failure: Failure;

  constructor(failure: Failure, options: { readonly cause?: unknown } = {}) {
    super(failure.message, { cause: options.cause });
    this.name = 'KubeError';
    this.code = codeOf(failure);
    this.retry = retryOf(failure);
    this.status = failure.status;
    this.failure = failure;
  }
}

/** The body of a success; everything else is thrown as a KubeError. */
export function bodyOrThrow(response: ApiResponse): string {
  const outcome = classify(response);
  if (outcome.kind !== 'ok') throw new KubeError(outcome);
  return outcome.body;
}

export function codeOf(failure: Failure): KubeErrorCode {
  switch (failure.kind) {
    case 'conflict':
      return failure.alreadyExists ? 'ALREADY_EXISTS' : 'CONFLICT';
    case 'gone':
      return 'GONE';
    case 'notFound':
      return 'NOT_FOUND';
    case 'forbidden':
      return 'FORBIDDEN';
    case 'tooManyRequests':
      return 'TOO_MANY_REQUESTS';
    case 'unauthorized':
      return 'UNAUTHORIZED';
    case 'invalid':
      return 'INVALID';
    case 'serverError':
      return 'SERVER_ERROR';
  }
}

function retryOf(failure: Failure): 'backoff' | 'relist' | 'never' {
  switch (failure.kind) {
    case 'gone':
      return 'relist';
    case 'conflict':
    case 'notFound':
    case 'invalid':
      return 'never';
    // RBAC and credentials are repaired from outside, while we run.
    case 'forbidden':
    case 'unauthorized':
    case 'tooManyRequests':
    case 'serverError':
      return 'backoff';
  }
}

function classifyFailure(
  status: number,
  body: JsonObject | undefined,
  retryAfterMs: number | undefined,
  text: string,
): Failure {
  const details = isObject(body?.details) ? body.details : undefined;
  const reason = stringOr(body?.reason, '');
  const message = stringOr(body?.message, `HTTP ${status}: ${text.slice(0, 200)}`);
  const refusal: Refusal = { status, reason, message, retryAfterMs: retryAfterMs ?? retryAfterOf(details) };
  // The server answers 504 when it has not seen the version that we ask for (storage.NewTooLargeResourceVersionError).
  if (status === 410 || hasCause(details, 'ResourceVersionTooLarge')) return { kind: 'gone', ...refusal };
  if (status === 409) return { kind: 'conflict', alreadyExists: reason === 'AlreadyExists', ...refusal };
  if (status === 404) return { kind: 'notFound', ...refusal };
  if (status === 403) return { kind: 'forbidden', ...deniedAccess(message, details), ...refusal };
  if (status === 429) return { kind: 'tooManyRequests', ...refusal };
  if (status === 401) return { kind: 'unauthorized', ...refusal };
  if (status >= 500) return { kind: 'serverError', ...refusal };
  return { kind: 'invalid', fields: fieldsOf(details), ...refusal };
}

/** RBAC's sentence is the only place that has the verb: `… cannot list resource "pods" in API group …`. */
const DENIED = /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"/;

function deniedAccess(
  message: string,
  details: JsonObject | undefined,
): { verb: string | undefined; resource: string | undefined } {
  const [, verb, plural, group] = DENIED.exec(message) ?? [];
  if (plural !== undefined) return { verb, resource: group ? `${plural}.${group}` : plural };
  return { verb: undefined, resource: qualified(details?.kind, details?.group) };
}

function qualified(plural: unknown, group: unknown): string | undefined {
  if (typeof plural !== 'string' || plural === '') return undefined;
  return typeof group === 'string' && group !== '' ? `${plural}.${group}` : plural;
}

function retryAfterOf(details: JsonObject | undefined): number | undefined {
  const seconds = details?.retryAfterSeconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}

function hasCause(details: JsonObject | undefined, reason: string): boolean {
  return causesOf(details).some((cause) => cause.reason === reason);
}

function fieldsOf(details: JsonObject | undefined): readonly string[] {
  return causesOf(details)
    .map(({ field }) => field)
    .filter((field) => typeof field === 'string');
}

function causesOf(details: JsonObject | undefined): readonly JsonObject[] {
  return Array.isArray(details?.causes) ? details.causes.filter(isObject) : [];
}

function parseStatus(body: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    // A proxy's HTML page, or nothing at all: the HTTP status says enough.
    return undefined;
  }
}

function stringOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
