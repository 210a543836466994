/**
 * Owns the reading of request bodies: JSON, YAML and Kubernetes protobuf, bounded in size and depth.
 */
import { parse as parseYaml } from 'yaml';
import { badRequest, bodyTooLarge, unsupportedMediaType } from './api-error.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { limits } from './limits.ts';
import type { ServerRequest } from './request.ts';
import { decodeProtobuf } from './schemas/protobuf.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TYPES = ['application/json', 'application/yaml', PROTOBUF];

export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The object in the body. @throws ApiError 400, 413, 415 */
export function objectBody(request: ServerRequest): JsonObject {
  const type = mediaType(request.headers['content-type']);
  const value =
    type === PROTOBUF
      ? protobufBody(request.body)
      : type === 'application/yaml'
        ? yamlBody(request.body)
        : plainBody(type, request.body);
  if (!isJsonObject(value)) throw badRequest('the body must be an object');
  return value;
}

/** As objectBody; undefined when there is none. */
export function optionalObjectBody(request: ServerRequest): JsonObject | undefined {
  return request.body === '' ? undefined : objectBody(request);
}

/** Without a media type it is taken for JSON. */
function plainBody(type: string, body: string): unknown {
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(TYPES);
  return jsonBody(body);
}

/** Binary bodies come with one character for each byte. */
function protobufBody(body: string): unknown {
  checkSize(body);
  return decodeProtobuf(Buffer.from(body, 'latin1'));
}

export function jsonBody(body: string): unknown {
  checkSize(body);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw badRequest(`error decoding body: ${messageOf(cause)}`);
  }
  return shallow(value);
}

export function yamlBody(body: string): unknown {
  checkSize(body);
  let value: unknown;
  try {
    value = parseYaml(body, { maxAliasCount: 100 });
  } catch (cause) {
    throw badRequest(`error decoding YAML: ${messageOf(cause)}`);
  }
  return shallow(value);
}

function checkSize(body: string): void {
  if (body.length > limits.requestBodyBytes) throw bodyTooLarge(limits.requestBodyBytes);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function shallow(value: unknown): unknown {
  if (isDeeperThan(value, limits.jsonDepth)) throw badRequest('error decoding body: exceeded max depth');
  return value;
}

/** Level by level, so that depth costs no stack. */
export function isDeeperThan(value: unknown, depthMax: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}
