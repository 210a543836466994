/**
 * Owns the shape of an object in the store and the one place where outside input becomes one.
 * Must not know single kinds: their rules are in strategies.ts and validate.ts.
 */
import { type ApiError, badRequest } from './api-error.ts';
import { frozenObject, isJsonObject, type Json, type JsonObject } from './json.ts';
import type { ResourceType } from './resource-types.ts';

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** metav1.ObjectMeta as it is on the wire: times are RFC 3339 strings in whole seconds. */
export interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

/** Deeply frozen: nobody can change a stored object in place. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
  readonly [field: string]: unknown;
}

/** RFC 3339 in whole seconds, as metav1.Time writes it. */
export function timestamp(wallTimeMs: number): string {
  return `${new Date(wallTimeMs).toISOString().slice(0, 19)}Z`;
}

/** Wall-clock ms of an RFC 3339 time; undefined when it is none. */
export function timestampMs(time: string | undefined): number | undefined {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Decodes one object of the given type: kind and apiVersion must be the type's or absent, metadata well typed.
 * @throws ApiError 400 as the real decoder does.
 */
export function decodeObject(type: ResourceType, input: unknown): StoredObject {
  if (!isJsonObject(input))
    throw badRequest(`couldn't get version/kind; json parse error: expected an object`);
  checkGroupVersionKind(type, input);
  const metadata = decodeMetadata(type, input.metadata);
  const frozen = frozenObject({ ...input, apiVersion: type.apiVersion, kind: type.kind, metadata });
  assertStored(frozen);
  return frozen;
}

function checkGroupVersionKind(type: ResourceType, input: JsonObject): void {
  const { apiVersion = type.apiVersion, kind = type.kind } = input;
  if (apiVersion === type.apiVersion && kind === type.kind) return;
  const sent =
    apiVersion === type.apiVersion ? `kind (${String(kind)})` : `API version (${String(apiVersion)})`;
  const expected =
    apiVersion === type.apiVersion ? `kind (${type.kind})` : `API version (${type.apiVersion})`;
  throw badRequest(`the ${sent} in the data does not match the expected ${expected}`);
}

const metadataShapes: Readonly<Record<string, (value: Json) => boolean>> = {
  name: isString,
  namespace: isString,
  generateName: isString,
  uid: isString,
  resourceVersion: isString,
  creationTimestamp: isString,
  deletionTimestamp: isString,
  generation: isNumber,
  deletionGracePeriodSeconds: isNumber,
  labels: isStringMap,
  annotations: isStringMap,
  finalizers: (value) => Array.isArray(value) && value.every(isString),
  ownerReferences: (value) => Array.isArray(value) && value.every(isOwnerReference),
};

function decodeMetadata(type: ResourceType, input: Json | undefined): JsonObject {
  if (input !== undefined && input !== null && !isJsonObject(input))
    throw mistyped(type, 'metadata', 'an object');
  const metadata: Record<string, unknown> = {
    name: '',
    uid: '',
    resourceVersion: '',
    creationTimestamp: '',
  };
  for (const [field, value] of Object.entries(input ?? {})) {
    if (value === undefined || value === null) continue;
    const fits = metadataShapes[field];
    if (fits !== undefined && !fits(value)) throw mistyped(type, `metadata.${field}`, 'another type');
    metadata[field] = value;
  }
  return frozenObject(metadata);
}

function mistyped(type: ResourceType, field: string, expected: string): ApiError {
  return badRequest(
    `${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: json: cannot unmarshal ` +
      `field ${type.kind}.${field}: ${expected} is expected there`,
  );
}

function isString(value: Json): boolean {
  return typeof value === 'string';
}

function isNumber(value: Json): boolean {
  return typeof value === 'number';
}

function isStringMap(value: Json): boolean {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isOwnerReference(value: Json): boolean {
  return (
    isJsonObject(value) &&
    ['apiVersion', 'kind', 'name', 'uid'].every((key) => typeof value[key] === 'string')
  );
}

/** The decode boundary: metadata's shape was checked field by field above. */
function assertStored(object: JsonObject): asserts object is JsonObject & StoredObject {
  if (!isJsonObject(object.metadata)) throw new Error('an object without metadata got past the decoder');
}

/** A changed copy of a stored object. */
export function changed(object: StoredObject, fields: { readonly [field: string]: unknown }): StoredObject {
  const copy = frozenObject({ ...object, ...fields });
  assertStored(copy);
  return copy;
}

/** A copy with changed metadata; `undefined` takes a field away. */
export function withMetadata(
  object: StoredObject,
  fields: { readonly [field: string]: unknown },
): StoredObject {
  return changed(object, { metadata: { ...object.metadata, ...fields } });
}
