/**
 * Owns the shape of an object in the store and the one place where outside input becomes one.
 * Must not know single kinds: their rules are in strategies.ts and validate.ts.
 */
import { badRequest, invalidPatch } from './api-error.ts';
import { conformCustom } from './custom/conform-custom.ts';
import { frozenObject, isJsonObject, type JsonObject, objectAt } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { type Conformed, conform, MistypedField, undecodable } from './schemas/conform.ts';
import { schemaOfType } from './schemas/schema.ts';

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
 * Decodes one object of the given type: kind and apiVersion must be the type's or absent, fields well typed. Fields that
 * the kind does not have are dropped and told to `onUnknown`.
 * @throws ApiError 400, for the result of a patch 422, as the real decoder does.
 */
export function decodeObject(
  type: ResourceType,
  input: unknown,
  onUnknown?: (fields: readonly string[]) => void,
  source: 'body' | 'patch' = 'body',
): StoredObject {
  if (!isJsonObject(input))
    throw undecodable(
      type,
      `json: cannot unmarshal a value that is no object into Go value of type v1.${type.kind}`,
    );
  checkGroupVersionKind(type, input);
  const conformed = conformTo(type, frozenObject(input), source);
  if (conformed.unknownFields.length > 0) onUnknown?.(conformed.unknownFields);
  const { value } = conformed;
  const metadata = { ...EMPTY_METADATA, ...withoutEmpty(objectAt(value, 'metadata')) };
  const frozen = frozenObject({ ...value, apiVersion: type.apiVersion, kind: type.kind, metadata });
  assertStored(frozen);
  return frozen;
}

/** Empty lists and maps of metadata are not kept (Go's omitempty): who is owned by nobody has no ownerReferences. */
function withoutEmpty(metadata: JsonObject): JsonObject {
  const isEmpty = (value: unknown) =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => !isEmpty(value)));
}

const EMPTY_METADATA = { name: '', uid: '', resourceVersion: '', creationTimestamp: '' };

function checkGroupVersionKind(type: ResourceType, input: JsonObject): void {
  const { apiVersion = type.apiVersion, kind = type.kind } = input;
  if (apiVersion === type.apiVersion && kind === type.kind) return;
  const version = String(apiVersion).split('/').at(-1) ?? '';
  const why =
    apiVersion === type.apiVersion
      ? `converting (${String(kind)}) to (${type.kind}): unknown conversion`
      : `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`;
  throw badRequest(
    `${String(kind)} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: ${why}`,
  );
}

function conformTo(type: ResourceType, input: JsonObject, source: 'body' | 'patch'): Conformed {
  const schema = schemaOfType(type);
  try {
    if (schema !== undefined) return conform(schema, input);
    if (type.customSchema === undefined)
      throw new Error(`${type.kind} has neither a built-in nor a custom schema`);
    return conformCustom(type.customSchema, input);
  } catch (error) {
    if (error instanceof MistypedField) {
      throw source === 'patch' ? invalidPatch(input, error.message) : undecodable(type, error.message);
    }
    throw error;
  }
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
