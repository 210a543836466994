/**
 * Owns the requests and answers of the API without sockets, and the reading of paths and queries. Pure.
 */
import { badRequest } from './api-error.ts';

export interface ServerRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Text; of a binary media type one character (0–255) for each byte. */
  readonly body: string;
}

export type ServerResponse = CompleteResponse | StreamResponse;

export interface CompleteResponse {
  readonly kind: 'complete';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Starts when `stream` is called. `end` is called once, unless the caller has cancelled. */
export interface StreamResponse {
  readonly kind: 'stream';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: (sink: ResponseSink) => () => void;
}

export interface ResponseSink {
  write(chunk: string | Uint8Array): void;
  /** `abrupt`: as a connection that breaks, not as an answer that is complete. */
  end(how: 'orderly' | 'abrupt'): void;
}

export interface ResourcePath {
  readonly kind: 'resource';
  /** "v1", "apps/v1" */
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  readonly plural: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export type RequestPath = ResourcePath | { readonly kind: 'other'; readonly parts: readonly string[] };

/** @throws ApiError 400 when the path is not well encoded. */
export function parsePath(path: string): RequestPath {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart);
  const [root, first, second] = parts;
  if (root === 'api' && first !== undefined && parts.length > 2) return resourcePath(first, parts.slice(2));
  if (root === 'apis' && first !== undefined && second !== undefined && parts.length > 3) {
    return resourcePath(`${first}/${second}`, parts.slice(3));
  }
  return { kind: 'other', parts };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw badRequest(`the path is not well encoded: ${String(cause)}`);
  }
}

/** Namespaces are resources and places: namespaces/x/status is the former, namespaces/x/pods the latter. */
function resourcePath(apiVersion: string, parts: readonly string[]): RequestPath {
  const [first = '', second, third] = parts;
  const isPlace =
    first === 'namespaces' &&
    second !== undefined &&
    third !== undefined &&
    !['status', 'finalize'].includes(third);
  const rest = isPlace ? parts.slice(2) : parts;
  if (rest.length > 3) return { kind: 'other', parts };
  const [plural = '', name, subresource] = rest;
  return { kind: 'resource', apiVersion, namespace: isPlace ? second : undefined, plural, name, subresource };
}

/** Splits path and query; a URL that is none gives an empty query. */
export function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

/** @throws ApiError 400 */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const number = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return number;
}
