/**
 * Owns the decoding of a request's JSON against a kind's field schema: mistyped fields are refused, unknown ones dropped
 * and reported, nulls dropped, as the real server's decoder into Go structs does. Pure.
 */
import { type ApiError, badRequest } from '../api-error.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, setField } from '../json.ts';
import { type ObjectSchema, objectSchema, type ScalarKind, type Schema } from './schema.ts';

/** A mistyped field: what kubectl shows as "cannot unmarshal …". */
export class MistypedField extends Error {
  readonly code = 'MISTYPED_FIELD';
  readonly retry = 'never';
  /** Dotted, with list positions: spec.containers[0].name */
  readonly field: string;
  readonly expected: string;

  constructor(field: string, expected: string, message: string) {
    super(message);
    this.name = 'MistypedField';
    this.field = field;
    this.expected = expected;
  }
}

export interface Conformed {
  readonly value: JsonObject;
  /** Dotted, with list positions. */
  readonly unknownFields: readonly string[];
}

/** @throws MistypedField the first one. */
export function conform(schema: ObjectSchema, input: JsonObject): Conformed {
  const walk = new Walk();
  const value = walk.object(schema, input, '', '');
  const [first] = walk.mistyped;
  if (first !== undefined) throw first;
  return { value, unknownFields: walk.unknownFields };
}

/** Everything that conform would refuse or drop. */
export function misfits(
  schema: ObjectSchema,
  input: JsonObject,
): { mistyped: readonly MistypedField[]; unknownFields: readonly string[] } {
  const walk = new Walk();
  walk.object(schema, input, '', '');
  return walk;
}

/** What is known to conform, by the schema it conforms to: the unchanged parts of a stored object are not walked again. */
const conforming = new WeakMap<object, ObjectSchema>();

class Walk {
  readonly unknownFields: string[] = [];
  readonly mistyped: MistypedField[] = [];

  /** `path` has list positions, `goPath` has none: the decoder's two messages differ so. */
  object(schema: ObjectSchema, input: JsonObject, path: string, goPath: string): JsonObject {
    if (conforming.get(input) === schema) return input;
    const misfitsBefore = this.#misfits;
    const kept: Record<string, Json> = {};
    let dropped = 0;
    for (const [field, value] of Object.entries(input)) {
      const known = isTypeMeta(field, path) ? undefined : schema.fields.get(field);
      if (value === undefined || value === null) dropped++;
      else if (isTypeMeta(field, path)) setField(kept, field, value);
      else if (known === undefined) {
        dropped++;
        this.unknownFields.push(join(path, field));
      } else {
        const child = this.#value(known.schema, value, join(path, field), join(goPath, field), schema.name);
        if (child !== value) dropped++;
        setField(kept, field, child);
      }
    }
    if (dropped > 0) return kept;
    if (Object.isFrozen(input) && this.#misfits === misfitsBefore) conforming.set(input, schema);
    return input;
  }

  get #misfits(): number {
    return this.unknownFields.length + this.mistyped.length;
  }

  #value(schema: Schema, value: Json, path: string, goPath: string, struct: string): Json {
    if (schema.kind === 'object' && isJsonObject(value))
      return this.object(objectSchema(schema.name), value, path, goPath);
    if (schema.kind === 'map' && isJsonObject(value))
      return this.#map(schema.values, value, path, goPath, struct);
    if (schema.kind === 'list' && isJsonList(value))
      return this.#list(schema.items, value, path, goPath, struct);
    if (schema.kind !== 'scalar' || !fitsScalar(schema.scalar, value)) {
      this.mistyped.push(mistyped(value, schema, path, goPath, struct));
      return value;
    }
    return schema.scalar === 'time' ? wholeSeconds(value) : schema.scalar === 'micro' ? inUtc(value) : value;
  }

  #map(values: Schema, map: JsonObject, path: string, goPath: string, struct: string): JsonObject {
    for (const [key, value] of Object.entries(map)) {
      if (value !== undefined && value !== null) this.#value(values, value, join(path, key), goPath, struct);
    }
    return map;
  }

  #list(items: Schema, list: readonly Json[], path: string, goPath: string, struct: string): readonly Json[] {
    let same = true;
    const conformed = list.map((item, index) => {
      const child = item === null ? item : this.#value(items, item, `${path}[${index}]`, goPath, struct);
      if (child !== item) same = false;
      return child;
    });
    return same ? list : conformed;
  }
}

/** metav1.Time has no more than that, in UTC. */
function wholeSeconds(time: Json): Json {
  if (typeof time !== 'string' || WHOLE_SECONDS.test(time)) return time;
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function inUtc(microTime: Json): Json {
  if (typeof microTime !== 'string' || microTime.endsWith('Z')) return microTime;
  return `${new Date(microTime).toISOString().slice(0, 19)}${microTime.slice(19, 26)}Z`;
}

const WHOLE_SECONDS = /T\d{2}:\d{2}:\d{2}Z$/;

function isTypeMeta(field: string, path: string): boolean {
  return path === '' && (field === 'apiVersion' || field === 'kind');
}

function join(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

const QUANTITY = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
/** metav1.MicroTime takes six decimals, no fewer and no more. */
const MICRO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(Z|[+-]\d{2}:\d{2})$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function fitsScalar(scalar: ScalarKind, value: Json): boolean {
  switch (scalar) {
    case 'any':
      return true;
    case 'str':
      return typeof value === 'string';
    case 'b64':
      return typeof value === 'string' && BASE64.test(value);
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return isInteger(value, 32);
    case 'long':
      return isInteger(value, 53);
    case 'num':
      return typeof value === 'number';
    case 'ios':
      return typeof value === 'string' || isInteger(value, 32);
    case 'qty':
      return typeof value === 'number' || (typeof value === 'string' && QUANTITY.test(value));
    case 'time':
      return typeof value === 'string' && RFC3339.test(value) && !Number.isNaN(Date.parse(value));
    case 'micro':
      return typeof value === 'string' && MICRO_TIME.test(value) && !Number.isNaN(Date.parse(value));
  }
}

/** Of 64 bits no more than a number holds without loss. */
function isInteger(value: Json, bits: 32 | 53): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  const limit = bits === 32 ? 2 ** 31 : 2 ** 53;
  return value >= -limit && value < limit;
}

/** As Go writes the formats. */
const LAYOUTS = { time: '2006-01-02T15:04:05Z07:00', micro: '2006-01-02T15:04:05.000000Z07:00' } as const;

const GO_TYPES: Readonly<Record<ScalarKind, string>> = {
  str: 'string',
  int: 'int32',
  long: 'int64',
  num: 'float64',
  bool: 'bool',
  b64: '[]uint8',
  qty: 'resource.Quantity',
  ios: 'intstr.IntOrString',
  time: 'v1.Time',
  micro: 'v1.MicroTime',
  any: 'interface {}',
};

function goType(schema: Schema): string {
  switch (schema.kind) {
    case 'scalar':
      return GO_TYPES[schema.scalar];
    case 'object':
      return `v1.${schema.name}`;
    case 'map':
      return `map[string]${goType(schema.values)}`;
    case 'list':
      return `[]${goType(schema.items)}`;
  }
}

function mistyped(value: Json, schema: Schema, path: string, goPath: string, struct: string): MistypedField {
  const expected = goType(schema);
  if (schema.kind === 'scalar' && typeof value === 'string') {
    if (schema.scalar === 'qty')
      return new MistypedField(
        path,
        expected,
        `quantities must match the regular expression '${QUANTITY.source}'`,
      );
    if (schema.scalar === 'b64')
      return new MistypedField(path, expected, 'illegal base64 data at input byte 0');
    if (schema.scalar === 'time' || schema.scalar === 'micro') {
      const layout = JSON.stringify(LAYOUTS[schema.scalar]);
      return new MistypedField(
        path,
        expected,
        `parsing time ${JSON.stringify(value)} as ${layout}: cannot parse`,
      );
    }
  }
  const message = `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${struct}.${goPath} of type ${expected}`;
  return new MistypedField(path, expected, message);
}

function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  // Go's decoder shows the number where it is no fit for the integer that is asked for.
  if (typeof value === 'number') return `number${isInteger(value, 32) ? '' : ` ${value}`}`;
  return typeof value;
}

/** The 400 that the real server gives for a body of this kind that it can't decode. */
export function undecodable(
  type: { readonly kind: string; readonly version: string },
  why: string,
): ApiError {
  return badRequest(
    `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: ${why}`,
  );
}
