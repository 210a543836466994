/**
 * Owns the API's refusals: each is a metav1.Status with the code, reason and wording of the real API server
 * (kubernetes/apimachinery pkg/api/errors/errors.go), because kubectl and clients act on them.
 */
import { causeOf, type FieldProblem, type StatusCause } from './field-problem.ts';
import type { JsonObject } from './json.ts';

/** What errors name a resource by. */
export interface NamedResource {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** `code` is the HTTP status. `retry`: 409 wants a fresh read, 410 a relist, 429 and 5xx a pause, the rest nothing. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retry: 'backoff' | 'relist' | 'never';

  constructor(
    code: number,
    reason: string,
    message: string,
    details?: StatusDetails,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ApiError';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.retry = code === 409 || code === 410 ? 'relist' : code === 429 || code >= 500 ? 'backoff' : 'never';
  }

  toStatus(): JsonObject {
    return JSON.parse(
      JSON.stringify({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: this.message,
        ...(this.reason === '' ? {} : { reason: this.reason }),
        details: this.details,
        code: this.code,
      }),
    );
  }
}

/** "pods", "leases.coordination.k8s.io". */
function qualifiedResource(type: NamedResource): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}

/** "Pod", "ReplicaSet.apps". */
function qualifiedKind(type: NamedResource): string {
  return type.group === '' ? type.kind : `${type.kind}.${type.group}`;
}

/** Most errors name the resource by its plural under `kind`, as the real ones do. */
function detailsOf(type: NamedResource, name: string): StatusDetails {
  return { name, ...(type.group === '' ? {} : { group: type.group }), kind: type.plural };
}

/** Where the real server fails without naming a reason: its clients see a 500. */
export function unexplained(message: string): ApiError {
  return new ApiError(500, '', message);
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function forbidden(
  type: NamedResource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): ApiError {
  const message = `${qualifiedResource(type)} ${JSON.stringify(name)} is forbidden: ${why}`;
  return new ApiError(403, 'Forbidden', message, { ...detailsOf(type, name), ...(causes ? { causes } : {}) });
}

export function notFound(type: NamedResource, name: string): ApiError {
  const message = `${qualifiedResource(type)} ${JSON.stringify(name)} not found`;
  return new ApiError(404, 'NotFound', message, detailsOf(type, name));
}

export function resourceNotFound(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): ApiError {
  return new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

export function alreadyExists(type: NamedResource, name: string): ApiError {
  const message = `${qualifiedResource(type)} ${JSON.stringify(name)} already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(type, name));
}

export const MODIFIED_MEANWHILE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(type: NamedResource, name: string, why: string = MODIFIED_MEANWHILE): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(type)} ${JSON.stringify(name)}: ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(type, name));
}

/** A watch or a list page from before what the store remembers. */
export function expired(message: string): ApiError {
  return new ApiError(410, 'Expired', message);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

export function bodyTooLarge(limitBytes: number): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}

/** 422 with one cause for each problem; the message says the same only once (apimachinery pkg/util/validation/field/errors.go has the wording). */
export function invalid(type: NamedResource, name: string, problems: readonly FieldProblem[]): ApiError {
  const causes = problems.map(causeOf);
  const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const what = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const message = `${qualifiedKind(type)} ${JSON.stringify(name)} is invalid: ${what}`;
  const group = type.group === '' ? {} : { group: type.group };
  const named = name === '' ? {} : { name };
  return new ApiError(422, 'Invalid', message, { ...named, ...group, kind: type.kind, causes });
}

/** The result of a patch that is no object of its kind. */
export function invalidPatch(patched: unknown, why: string): ApiError {
  const value = JSON.stringify(patched) ?? '';
  return invalid({ group: '', plural: '', kind: '' }, '', [
    { kind: 'invalid', field: 'patch', value, note: why },
  ]);
}

export function tooManyRequests(
  message: string,
  retryAfterSeconds: number,
  causes: readonly StatusCause[],
): ApiError {
  return new ApiError(429, 'TooManyRequests', message, {
    causes,
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

export function internalError(why: string, cause?: unknown): ApiError {
  const details = { causes: [{ reason: '', message: why }] };
  return new ApiError(500, 'InternalError', `Internal error occurred: ${why}`, details, { cause });
}

export function unavailable(why: string): ApiError {
  return new ApiError(503, 'ServiceUnavailable', why, { retryAfterSeconds: 1 });
}

/** The client asks for a state that does not exist yet (apiserver pkg/storage/errors.go NewTooLargeResourceVersionError). */
export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  const message = `Too large resource version: ${asked}, current: ${current}`;
  return new ApiError(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}
