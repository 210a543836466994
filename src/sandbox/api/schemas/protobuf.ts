/**
 * Owns the decoding of Kubernetes' protobuf bodies into JSON, by the numbers in the field schemas: kubectl ≥ 1.32 sends
 * them for what it creates itself. Answers are always JSON, which every such client takes. Pure.
 * (apimachinery pkg/runtime/serializer/protobuf/protobuf.go; protobuf.dev/programming-guides/encoding)
 */
import { badRequest } from '../api-error.ts';
import { type Json, type JsonObject, setField } from '../json.ts';
import {
  type NumberedField,
  type ObjectSchema,
  objectSchema,
  objectSchemas,
  type ScalarKind,
  type Schema,
} from './schema.ts';

/** Before the message: "k8s" and a zero byte. */
const MAGIC = Buffer.from('k8s\0', 'latin1');

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** runtime.Unknown: type (1: apiVersion, 2: kind) and the object's own bytes. @throws ApiError 400 */
export function decodeProtobuf(body: Uint8Array): JsonObject {
  if (Buffer.compare(body.subarray(0, MAGIC.length), MAGIC) !== 0)
    throw unreadable('it does not begin with k8s');
  const unknown = fieldsOf(body.subarray(MAGIC.length));
  const typeMeta = fieldsOf(bytesOf(lastOf(unknown, 1)));
  const apiVersion = textOf(lastOf(typeMeta, 1));
  const kind = textOf(lastOf(typeMeta, 2));
  const name = apiVersion === 'events.k8s.io/v1' ? 'EventsEvent' : kind;
  const schema = objectSchemas.get(name);
  if (schema === undefined) throw unreadable(`kind ${JSON.stringify(kind)} is not known`);
  return { apiVersion, kind, ...message(schema, bytesOf(lastOf(unknown, 2))) };
}

function unreadable(why: string): Error {
  return badRequest(`error decoding the protobuf body: ${why}`);
}

interface WireField {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

/** Splits a message; the nesting is left to the schema. */
function fieldsOf(bytes: Uint8Array): readonly WireField[] {
  const reader = new Reader(bytes);
  const fields: WireField[] = [];
  while (!reader.done) {
    const tag = Number(reader.varint());
    fields.push({ number: tag >>> 3, value: reader.value(tag & 7) });
  }
  return fields;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw unreadable('it ends in the middle of a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw unreadable('it has a number of more than ten bytes');
  }

  value(wireType: number): bigint | Uint8Array {
    switch (wireType) {
      case VARINT:
        return this.varint();
      case FIXED64:
        return this.#take(8);
      case BYTES:
        return this.#take(Number(this.varint()));
      case FIXED32:
        return this.#take(4);
      default:
        throw unreadable(`wire type ${wireType} is not in use`);
    }
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw unreadable('it ends in the middle of a field');
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

function lastOf(fields: readonly WireField[], number: number): bigint | Uint8Array | undefined {
  return fields.findLast((field) => field.number === number)?.value;
}

function bytesOf(value: bigint | Uint8Array | undefined): Uint8Array {
  if (typeof value === 'bigint') throw unreadable('a number stands where bytes belong');
  return value ?? new Uint8Array();
}

function textOf(value: bigint | Uint8Array | undefined): string {
  return Buffer.from(bytesOf(value)).toString('utf8');
}

function integerOf(value: bigint | Uint8Array | undefined): number {
  if (value instanceof Uint8Array) throw unreadable('bytes stand where a number belongs');
  return Number(BigInt.asIntN(64, value ?? 0n));
}

function message(schema: ObjectSchema, bytes: Uint8Array): JsonObject {
  const byNumber = new Map<number, (bigint | Uint8Array)[]>();
  for (const { number, value } of fieldsOf(bytes))
    byNumber.set(number, [...(byNumber.get(number) ?? []), value]);
  const result: Record<string, Json> = {};
  for (const [number, values] of byNumber) {
    const known = schema.numbered.get(number);
    if (known !== undefined) addField(result, known, values);
  }
  return result;
}

function addField(
  result: Record<string, Json>,
  { field, schema, zeroCounts }: NumberedField,
  values: readonly (bigint | Uint8Array)[],
): void {
  const value = fieldValue(schema, values);
  if (field === undefined) Object.assign(result, value);
  else if (zeroCounts || !isZero(value)) setField(result, field, value);
}

/** What Go's `omitempty` and a zero time leave out of JSON. */
function isZero(value: Json): boolean {
  if (typeof value !== 'object' || value === null)
    return value === '' || value === 0 || value === false || value === null;
  return Object.keys(value).length === 0;
}

function fieldValue(schema: Schema, values: readonly (bigint | Uint8Array)[]): Json {
  if (schema.kind === 'list') return values.map((value) => oneValue(schema.items, value));
  if (schema.kind === 'map')
    return Object.fromEntries(values.map((value) => entry(schema.values, bytesOf(value))));
  return oneValue(schema, values.at(-1));
}

function entry(values: Schema, bytes: Uint8Array): [string, Json] {
  const fields = fieldsOf(bytes);
  return [textOf(lastOf(fields, 1)), oneValue(values, lastOf(fields, 2))];
}

function oneValue(schema: Schema, value: bigint | Uint8Array | undefined): Json {
  if (schema.kind === 'object') return message(objectSchema(schema.name), bytesOf(value));
  if (schema.kind === 'scalar') return scalar(schema.scalar, value);
  throw unreadable('a list or map stands directly inside another one');
}

function scalar(kind: ScalarKind, value: bigint | Uint8Array | undefined): Json {
  switch (kind) {
    case 'str':
      return textOf(value);
    case 'int':
    case 'long':
      return integerOf(value);
    case 'bool':
      return integerOf(value) !== 0;
    case 'b64':
      return Buffer.from(bytesOf(value)).toString('base64');
    case 'num':
      return Buffer.from(bytesOf(value)).readDoubleLE(0);
    case 'qty':
      return textOf(lastOf(fieldsOf(bytesOf(value)), 1));
    case 'ios':
      return intOrString(fieldsOf(bytesOf(value)));
    case 'time':
    case 'micro':
      return time(kind, fieldsOf(bytesOf(value)));
    case 'any':
      throw unreadable('it sets a field that is only understood in JSON');
  }
}

/** 1: whether it is a string, 2: the number, 3: the string. */
function intOrString(fields: readonly WireField[]): Json {
  return integerOf(lastOf(fields, 1)) === 0 ? integerOf(lastOf(fields, 2)) : textOf(lastOf(fields, 3));
}

/** Seconds and nanoseconds since 1970; an empty message is Go's zero time, which JSON leaves out. */
function time(kind: 'time' | 'micro', fields: readonly WireField[]): Json {
  if (fields.length === 0) return null;
  const seconds = new Date(integerOf(lastOf(fields, 1)) * 1000).toISOString().slice(0, 19);
  if (kind === 'time') return `${seconds}Z`;
  const micros = Math.floor(integerOf(lastOf(fields, 2)) / 1000);
  return `${seconds}.${String(micros).padStart(6, '0')}Z`;
}
