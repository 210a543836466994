/**
 * Owns the field schemas of the built-in kinds and the notation they are written in. Decoding, strategic merge patch,
 * OpenAPI and the manifest check all read this one table. Pure.
 *
 * `Type = field:schema field!:schema ...` where `!` marks what OpenAPI calls required, and a schema is one of
 * str int num bool qty (quantity) ios (int or string) time any · Type · [schema] · {schema} (a map).
 * After a list, `|key` says that strategic merge patch joins it by that key (`~`: and retains keys), `|+` that it joins values.
 */
import type { ResourceType } from '../resource-types.ts';
import { coreSchemas } from './core-schemas.ts';
import { groupSchemas } from './group-schemas.ts';
import { podSchemas } from './pod-schemas.ts';

export type ScalarKind = 'str' | 'int' | 'num' | 'bool' | 'qty' | 'ios' | 'time' | 'any';

export type Schema =
  | { readonly kind: 'scalar'; readonly scalar: ScalarKind }
  | { readonly kind: 'object'; readonly name: string }
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
  readonly fields: ReadonlyMap<string, FieldSchema>;
}

const SCALARS: ReadonlySet<string> = new Set(['str', 'int', 'num', 'bool', 'qty', 'ios', 'time', 'any']);

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
  return isScalar(text) ? { kind: 'scalar', scalar: text } : { kind: 'object', name: text };
}

function parseMerge(text: string): ListMerge {
  if (text === '+') return { kind: 'values' };
  return { kind: 'byKey', key: text.replace('~', ''), retainsKeys: text.endsWith('~') };
}

function parseLine(line: string): ObjectSchema {
  const [name = '', fieldsText = ''] = line.split(/ =\s*/);
  const fields = fieldsText
    .split(' ')
    .filter((text) => text !== '')
    .map(parseField);
  return { name, fields: new Map(fields) };
}

function parseField(text: string): [string, FieldSchema] {
  const colon = text.indexOf(':');
  const label = text.slice(0, colon);
  const required = label.endsWith('!');
  return [required ? label.slice(0, -1) : label, { schema: parseSchema(text.slice(colon + 1)), required }];
}

const allLines = [podSchemas, coreSchemas, groupSchemas].flatMap((text) =>
  text.split('\n').filter((line) => line !== ''),
);

/** Every known object schema, by name. */
export const objectSchemas: ReadonlyMap<string, ObjectSchema> = new Map(
  allLines.map(parseLine).map((schema) => [schema.name, schema]),
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
