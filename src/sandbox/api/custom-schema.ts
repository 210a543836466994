/**
 * Owns what a CRD's openAPIV3Schema does to an object: unknown fields pruned, defaults filled in, values checked.
 * Pure. (apiextensions-apiserver pkg/apiserver/schema: pruning, defaulting; pkg/apiserver/validation)
 */
import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { FieldProblem } from './api-error.ts';
import {
  at,
  booleanAt,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  objectAt,
  setField,
} from './json.ts';
import { type Conformed, conform } from './schemas/conform.ts';
import { objectSchema } from './schemas/schema.ts';

/** @throws MistypedField where metadata is mistyped; the rest is checked by customProblems. */
export function conformCustom(schema: JsonObject, input: JsonObject): Conformed {
  const metadata = conform(objectSchema('ObjectMeta'), objectAt(input, 'metadata'));
  const unknownFields = metadata.unknownFields.map((field) => `metadata.${field}`);
  const { apiVersion, kind, metadata: _metadata, ...content } = input;
  const hasSchema = Object.keys(schema).length > 0;
  const pruned = hasSchema ? prune(schema, content, '', unknownFields) : content;
  const value = { apiVersion, kind, metadata: metadata.value, ...(isJsonObject(pruned) ? pruned : {}) };
  return { value, unknownFields };
}

function prune(schema: JsonObject, value: Json, path: string, unknownFields: string[]): Json {
  if (isJsonList(value)) {
    const items = objectAt(schema, 'items');
    return value.map((item, index) => prune(items, item, `${path}[${index}]`, unknownFields));
  }
  if (!isJsonObject(value)) return value;
  const result: Record<string, Json> = {};
  const properties = objectAt(schema, 'properties');
  for (const [field, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const place = path === '' ? field : `${path}.${field}`;
    const childSchema = childSchemaOf(schema, properties, field);
    if (childSchema === undefined) unknownFields.push(place);
    else setField(result, field, prune(childSchema, child, place, unknownFields));
  }
  return withDefaultsOf(properties, result);
}

const OPEN: JsonObject = { 'x-kubernetes-preserve-unknown-fields': true };

function childSchemaOf(schema: JsonObject, properties: JsonObject, field: string): JsonObject | undefined {
  const known = Object.hasOwn(properties, field) ? properties[field] : undefined;
  if (isJsonObject(known)) return known;
  const additional = schema.additionalProperties;
  if (isJsonObject(additional)) return additional;
  const isOpen = additional === true || booleanAt(schema, 'x-kubernetes-preserve-unknown-fields') === true;
  return isOpen ? OPEN : undefined;
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

/** Loaded with the first custom resource: it is 8 MB that a cluster without CRDs does not need. */
function loadAjv(): typeof import('ajv') {
  return createRequire(import.meta.url)('ajv');
}

const validators = new WeakMap<JsonObject, ValidateFunction>();

function validatorOf(schema: JsonObject): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  // Kubernetes keywords (x-kubernetes-*) and formats are annotations here: an unknown one must not refuse the object.
  const { Ajv } = loadAjv();
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  const validator = ajv.compile(structuredClone(schema));
  validators.set(schema, validator);
  return validator;
}

/** What the schema has against the object. */
export function customProblems(schema: JsonObject, object: JsonObject): readonly FieldProblem[] {
  if (Object.keys(schema).length === 0) return [];
  const validator = validatorOf(schema);
  return validator(object) ? [] : (validator.errors ?? []).map((error) => problemOf(error, object));
}

function problemOf(error: ErrorObject, object: JsonObject): FieldProblem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const field = path
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
  const value = valueAt(object, path);
  if (error.keyword === 'required') {
    const missing = String(error.params.missingProperty);
    return { kind: 'required', field: field === '' ? missing : `${field}.${missing}` };
  }
  if (error.keyword === 'enum' && Array.isArray(error.params.allowedValues)) {
    return { kind: 'unsupported', field, value, supported: error.params.allowedValues.map(String) };
  }
  return { kind: 'invalid', field, value, note: `${field} in body ${error.message ?? 'is not valid'}` };
}

function valueAt(object: JsonObject, path: readonly string[]): unknown {
  let here: unknown = object;
  for (const part of path) here = Array.isArray(here) ? here[Number(part)] : at(here, part);
  return here;
}
