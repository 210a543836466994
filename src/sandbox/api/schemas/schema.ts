/**
 * Owns the field schemas of the built-in kinds and the notation they are written in. Decoding, strategic merge patch,
 * OpenAPI and the manifest check all read this one table. Pure.
 *
 * `Type = field@1:schema field!@2?:schema ^@3:Type ...` where `!` marks what OpenAPI calls required, the number is the
 * field's in protobuf, `?` says that a zero value counts (a pointer in Go), and `^` that Type's fields are this type's own in JSON.
 * A schema is one of str int (32 bits) long (64 bits) num bool b64 (bytes) qty (quantity) ios (int or string) time micro (a time with six decimals) any · Type · [schema] · {schema} (a map).
 * After a list, `|key` says that strategic merge patch joins it by that key (`~`: and retains keys), `|+` that it joins values;
 * after a Type, `|=` says that it replaces the whole.
 */
import type { ResourceType } from '../resource-types.ts';
import { coreSchemas } from './core-schemas.ts';
import { groupSchemas } from './group-schemas.ts';
import { podSchemas } from './pod-schemas.ts';

export type ScalarKind =
  | 'str'
  | 'int'
  | 'long'
  | 'num'
  | 'bool'
  | 'b64'
  | 'qty'
  | 'ios'
  | 'time'
  | 'micro'
  | 'any';

export type Schema =
  | { readonly kind: 'scalar'; readonly scalar: ScalarKind }
  | { readonly kind: 'object'; readonly name: string; readonly replaced?: true }
  | { readonly kind: 'map'; readonly values: Schema }
  | { readonly kind: 'list'; readonly items: Schema; readonly merge?: ListMerge };

export type ListMerge =
  | { readonly kind: 'byKey'; readonly key: string; readonly retainsKeys: boolean }
  | { readonly kind: 'values' };

export interface FieldSchema {
  readonly schema: Schema;
  readonly required: boolean;
}

export interface ObjectSchema {
  readonly name: string;
  /** As in JSON: what is inlined stands among the rest. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** As in protobuf, by number. */
  readonly numbered: ReadonlyMap<number, NumberedField>;
}

export interface NumberedField {
  /** Undefined for an inlined type: its fields go into the same JSON object. */
  readonly field: string | undefined;
  readonly schema: Schema;
  /** Zero, false, "" and {} are values, not absence. */
  readonly zeroCounts: boolean;
}

const SCALARS: ReadonlySet<string> = new Set([
  'str',
  'int',
  'long',
  'num',
  'bool',
  'b64',
  'qty',
  'ios',
  'time',
  'micro',
  'any',
]);

function isScalar(text: string): text is ScalarKind {
  return SCALARS.has(text);
}

function parseSchema(text: string): Schema {
  const list = /^\[(.*)\](?:\|(.*))?$/.exec(text);
  if (list?.[1] !== undefined) {
    const items = parseSchema(list[1]);
    return list[2] === undefined
      ? { kind: 'list', items }
      : { kind: 'list', items, merge: parseMerge(list[2]) };
  }
  const map = /^\{(.*)\}$/.exec(text);
  if (map?.[1] !== undefined) return { kind: 'map', values: parseSchema(map[1]) };
  if (text.endsWith('|=')) return { kind: 'object', name: text.slice(0, -2), replaced: true };
  return isScalar(text) ? { kind: 'scalar', scalar: text } : { kind: 'object', name: text };
}

function parseMerge(text: string): ListMerge {
  if (text === '+') return { kind: 'values' };
  return { kind: 'byKey', key: text.replace('~', ''), retainsKeys: text.endsWith('~') };
}

interface ParsedField extends NumberedField {
  readonly number: number;
  readonly required: boolean;
}

interface ParsedLine {
  readonly name: string;
  readonly fields: readonly ParsedField[];
}

function parseLine(line: string): ParsedLine {
  const [name = '', fieldsText = ''] = line.split(/ =\s*/);
  return {
    name,
    fields: fieldsText
      .split(' ')
      .filter((text) => text !== '')
      .map(parseField),
  };
}

function parseField(text: string): ParsedField {
  const match = /^(\^|[\w$-]+)(!?)@(\d+)(\??):(.+)$/.exec(text);
  if (match?.[5] === undefined) throw new Error(`the schema table has ${text}, which is not in its notation`);
  return {
    field: match[1] === '^' ? undefined : match[1],
    required: match[2] === '!',
    number: Number(match[3]),
    zeroCounts: match[4] === '?',
    schema: parseSchema(match[5]),
  };
}

const allLines = [podSchemas, coreSchemas, groupSchemas].flatMap((text) =>
  text.split('\n').filter((line) => line !== ''),
);

const parsed: ReadonlyMap<string, ParsedLine> = new Map(
  allLines.map(parseLine).map((line) => [line.name, line]),
);

function jsonFields({ fields }: ParsedLine): readonly [string, FieldSchema][] {
  return fields.flatMap(({ field, schema, required }): readonly [string, FieldSchema][] => {
    if (field !== undefined) return [[field, { schema, required }]];
    const inlined = schema.kind === 'object' ? parsed.get(schema.name) : undefined;
    return inlined === undefined ? [] : jsonFields(inlined);
  });
}

/** Every known object schema, by name. */
export const objectSchemas: ReadonlyMap<string, ObjectSchema> = new Map(
  [...parsed.values()].map((line) => [
    line.name,
    {
      name: line.name,
      fields: new Map(jsonFields(line)),
      numbered: new Map(line.fields.map((field) => [field.number, field])),
    },
  ]),
);

export function objectSchema(name: string): ObjectSchema {
  const schema = objectSchemas.get(name);
  if (schema === undefined) throw new Error(`the schema table mentions ${name}, but does not have it`);
  return schema;
}

/** The schema of a whole object; undefined for custom resources, whose CRD has it. */
export function schemaOfType(type: ResourceType): ObjectSchema | undefined {
  if (type.custom) return undefined;
  return objectSchema(type.apiVersion === 'events.k8s.io/v1' ? 'EventsEvent' : type.kind);
}
