/**
 * Owns what a CRD's openAPIV3Schema does to an object on its way in: unknown fields pruned, nulls taken for absence,
 * defaults filled in. Must not judge values. Pure.
 * (apiextensions-apiserver pkg/apiserver/schema/pruning and defaulting, called by customresource_handler.go in this order)
 */
import {
  at,
  booleanAt,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  objectAt,
  setField,
} from '../json.ts';
import { type Conformed, conform } from '../schemas/conform.ts';
import { objectSchema } from '../schemas/schema.ts';
import { fieldSchema, itemSchema, open } from './schema-nodes.ts';

/** @throws MistypedField where metadata is mistyped; the rest is checked by custom-problems.ts. */
export function conformCustom(schema: JsonObject, input: JsonObject): Conformed {
  const metadata = conform(objectSchema('ObjectMeta'), objectAt(input, 'metadata'));
  const unknownMetadata = metadata.unknownFields.map((field) => `metadata.${field}`);
  const { apiVersion, kind, metadata: _metadata, ...content } = input;
  const hasSchema = Object.keys(schema).length > 0;
  const unknownFields: string[] = [];
  const pruned = hasSchema ? prune(schema, content, '', unknownFields) : content;
  const value = { apiVersion, kind, metadata: metadata.value, ...(isJsonObject(pruned) ? pruned : {}) };
  return { value, unknownFields: [...unknownMetadata, ...unknownFields.toSorted()] };
}

function prune(schema: JsonObject, value: Json, path: string, unknownFields: string[]): Json {
  if (isJsonList(value)) {
    const items = itemSchema(schema);
    return value.map((item, index) =>
      prune(items, orDefault(items, item), `${path}[${index}]`, unknownFields),
    );
  }
  if (!isJsonObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const [field, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const place = path === '' ? field : `${path}.${field}`;
    const known = fieldSchema(schema, field);
    if (known === undefined) unknownFields.push(place);
    else if (isAbsent(known, child)) continue;
    else setField(result, field, prune(known, orDefault(known, child), place, unknownFields));
  }
  return withDefaultsOf(objectAt(schema, 'properties'), result);
}

/** A null where none may be, and where no default stands for it. */
function isAbsent(schema: JsonObject, value: Json): boolean {
  return isNull(schema, value) && at(schema, 'default') === undefined;
}

function orDefault(schema: JsonObject, value: Json): Json {
  return isNull(schema, value) ? (at(schema, 'default') ?? value) : value;
}

function isNull(schema: JsonObject, value: Json): boolean {
  return value === null && schema !== open && booleanAt(schema, 'nullable') !== true;
}

function withDefaultsOf(properties: JsonObject, value: Record<string, Json>): JsonObject {
  for (const [field, schema] of Object.entries(properties)) {
    const fallback = at(schema, 'default');
    if (fallback !== undefined && !Object.hasOwn(value, field) && isJsonObject(schema)) {
      setField(value, field, prune(schema, fallback, '', []));
    }
  }
  return value;
}
