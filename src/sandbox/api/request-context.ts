/**
 * Owns what every part of the handler needs to know of one request, and the answers they all give.
 */
import type { Clock, Random } from '../../time/clock.ts';
import { type ApiError, badRequest, invalid, invalidPatch } from './api-error.ts';
import { oneText } from './encoding.ts';
import type { ApiFaults } from './faults.ts';
import type { JsonObject } from './json.ts';
import type { AnswerForm } from './negotiation.ts';
import type { PodAccess } from './pod-access.ts';
import type { CompleteResponse, ResourcePath, ServerRequest } from './request.ts';
import type { ResourceType } from './resource-types.ts';
import type { Store, WriteOptions } from './store.ts';
import type { StoredObject } from './stored-object.ts';
import type { WatchHub } from './watch-hub.ts';

export interface ApiServices {
  readonly store: Store;
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly random: Random;
  readonly pods: PodAccess;
  readonly faults: ApiFaults;
}

/** A request for a resource. */
export interface ResourceRequest {
  readonly services: ApiServices;
  readonly request: ServerRequest;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  readonly type: ResourceType;
  readonly form: AnswerForm;
  /** Shown by kubectl; sent as Warning headers (RFC 7234 §5.5, code 299). */
  readonly warnings: string[];
}

/** The name in the path; the router has checked that there is one. */
export function nameOf({ path }: ResourceRequest): string {
  if (path.name === undefined) throw badRequest('a name is required in the path');
  return path.name;
}

export function jsonAnswer(
  status: number,
  body: JsonObject | string,
  headers: Readonly<Record<string, string>> = {},
): CompleteResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    kind: 'complete',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  };
}

export function textAnswer(status: number, body: string): CompleteResponse {
  return { kind: 'complete', status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

export function errorAnswer(error: ApiError): CompleteResponse {
  const seconds = error.details?.retryAfterSeconds;
  return jsonAnswer(
    error.code,
    error.toStatus(),
    seconds === undefined ? {} : { 'retry-after': String(seconds) },
  );
}

export function objectAnswer(
  context: ResourceRequest,
  status: number,
  object: StoredObject,
): CompleteResponse {
  const { type, form, services } = context;
  return jsonAnswer(
    status,
    `${oneText(type, object, form, services.clock.wallTimeMs())}\n`,
    warningHeaders(context.warnings),
  );
}

export function warningHeaders(warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {};
  const values = warnings.map(
    (warning) => `299 - "${warning.replace(/[\r\n]+/g, ' ').replace(/(["\\])/g, '\\$1')}"`,
  );
  return { warning: values.join(', ') };
}

/** The kinds that carry a request's options, as the real server names them when one of them is wrong. */
export function optionsType(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions',
) {
  return { group: 'meta.k8s.io', plural: '', kind };
}

const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

/** @throws ApiError 422 on values that dryRun and fieldValidation don't have. */
export function writeOptions(context: ResourceRequest): WriteOptions {
  const { query, warnings, request } = context;
  const isPatch = request.method === 'PATCH';
  const type = optionsType(
    isPatch ? 'PatchOptions' : request.method === 'PUT' ? 'UpdateOptions' : 'CreateOptions',
  );
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    throw invalid(type, '', [{ kind: 'unsupported', field: 'dryRun', value: dryRun, supported: ['All'] }]);
  }
  const validation = query.get('fieldValidation') ?? '';
  if (!FIELD_VALIDATIONS.includes(validation)) {
    throw invalid(type, '', [
      { kind: 'unsupported', field: 'fieldValidation', value: validation, supported: FIELD_VALIDATIONS },
    ]);
  }
  return {
    dryRun: dryRun.length > 0,
    onUnknownFields: (fields) => {
      const complaints = fields.map((field) => `unknown field ${JSON.stringify(field)}`);
      if (validation === 'Strict') throw strictError(context.type, complaints, isPatch);
      if (validation !== 'Ignore') warnings.push(...complaints);
    },
  };
}

function strictError(type: ResourceType, complaints: readonly string[], isPatch: boolean): ApiError {
  const why = `strict decoding error: ${complaints.join(', ')}`;
  if (isPatch) return invalidPatch('', why);
  return badRequest(
    `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: ${why}`,
  );
}
