/**
 * Owns what a structural schema has against an object: types, ranges, patterns, sizes, and items that are there twice.
 * Must not evaluate rules: rules.ts does. The words are those of the API server
 * (kube-openapi pkg/validation/errors/schema.go, apiextensions-apiserver pkg/apiserver/validation/validation.go).
 */
import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { FieldProblem } from '../field-problem.ts';
import {
  at,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  jsonEquals,
  listAt,
  stringAt,
} from '../json.ts';
import { CompiledOnce } from './compiled-once.ts';
import { childAt, fieldOf, type LocatedProblem, type Step, valueAt } from './located-problem.ts';
import { childSchema } from './schema-nodes.ts';

/** Loaded with the first custom resource: it is 8 MB that a cluster without CRDs does not need. */
function loadAjv(): typeof import('ajv') {
  return createRequire(import.meta.url)('ajv');
}

const validators = new CompiledOnce(compile);

function compile(schema: JsonObject): ValidateFunction {
  // Kubernetes keywords (x-kubernetes-*) and formats are annotations here: an unknown one must not refuse the object.
  const { Ajv } = loadAjv();
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  return ajv.compile(structuredClone(schema));
}

export function schemaProblems(schema: JsonObject, object: JsonObject): readonly LocatedProblem[] {
  const validator = validators.of(schema);
  if (validator(object)) return [];
  const errors = validator.errors ?? [];
  return errors.filter((error) => isFirstOfText(error, errors)).flatMap((error) => located(error, object));
}

/** Of one text the API server tells the first of these only. */
const textKeywords = ['maxLength', 'minLength', 'pattern'];

function isFirstOfText(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  const earlier = textKeywords.slice(0, Math.max(0, textKeywords.indexOf(error.keyword)));
  return !all.some(
    ({ keyword, instancePath }) => instancePath === error.instancePath && earlier.includes(keyword),
  );
}

function located(error: ErrorObject, object: JsonObject): readonly LocatedProblem[] {
  const path = stepsOf(error.instancePath, object);
  const field = fieldOf(path);
  const value = valueAt(object, path);
  const problem = problemOf(error, field, value);
  if (typeof value !== 'number' || error.params.type !== 'integer') return [{ path, problem }];
  // Of a fraction the real one says so twice, this time without a place.
  const note = `Checked value must be of type integer (default format) in ${field}`;
  return [
    { path, problem },
    { path, problem: { kind: 'invalid', field: '<nil>', value: '', note } },
  ];
}

/** A JSON pointer as steps; what is a position, and what a field with a number for a name, the object says. */
function stepsOf(pointer: string, object: JsonObject): readonly Step[] {
  const steps: Step[] = [];
  let here: Json | undefined = object;
  for (const part of pointer.split('/').slice(1)) {
    const step: Step = isJsonList(here) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(step);
    here = childAt(here, step);
  }
  return steps;
}

function problemOf(error: ErrorObject, field: string, value: Json | undefined): FieldProblem {
  const { params } = error;
  const limit = Number(params.limit);
  switch (error.keyword) {
    case 'required': {
      const missing = String(params.missingProperty);
      return { kind: 'required', field: field === '' ? missing : `${field}.${missing}` };
    }
    case 'enum':
      return { kind: 'unsupported', field, value, supported: listAt(params, 'allowedValues').map(String) };
    case 'type': {
      const actual = typeName(value);
      const note = `${field} in body must be of type ${String(params.type)}: ${JSON.stringify(actual)}`;
      return { kind: 'mistyped', field, value: actual, note };
    }
    case 'maxLength':
      return { kind: 'tooLong', field, most: limit };
    case 'maxItems':
    case 'maxProperties':
      return { kind: 'tooMany', field, count: sizeOf(value), most: limit };
    default: {
      const shown = error.keyword === 'minItems' || error.keyword === 'minProperties' ? sizeOf(value) : value;
      return { kind: 'invalid', field, value: shown, note: `${field} in body ${noteOf(error, limit)}` };
    }
  }
}

function noteOf(error: ErrorObject, limit: number): string {
  switch (error.keyword) {
    case 'minLength':
      return `should be at least ${limit} chars long`;
    case 'pattern':
      return `should match '${String(error.params.pattern)}'`;
    case 'minimum':
      return `should be greater than or equal to ${limit}`;
    case 'maximum':
      return `should be less than or equal to ${limit}`;
    case 'minItems':
      return `should have at least ${limit} items`;
    case 'minProperties':
      return `should have at least ${limit} properties`;
    default:
      return error.message ?? 'is not valid';
  }
}

function sizeOf(value: Json | undefined): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function typeName(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (isJsonList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** Lists that are sets or maps hold nothing twice (apiextensions-apiserver pkg/apiserver/schema/listtype). */
export function duplicateProblems(
  schema: JsonObject,
  value: Json,
  path: readonly Step[] = [],
): readonly LocatedProblem[] {
  const own = isJsonList(value) ? duplicatesIn(schema, value, path) : [];
  const steps: readonly Step[] = isJsonList(value)
    ? [...value.keys()]
    : isJsonObject(value)
      ? Object.keys(value)
      : [];
  const below = steps.flatMap((step) => {
    const known = childSchema(schema, step);
    const child = childAt(value, step);
    return known === undefined || child === undefined ? [] : duplicateProblems(known, child, [...path, step]);
  });
  return [...own, ...below];
}

function duplicatesIn(
  schema: JsonObject,
  list: readonly Json[],
  path: readonly Step[],
): readonly LocatedProblem[] {
  const type = stringAt(schema, 'x-kubernetes-list-type');
  if (type !== 'set' && type !== 'map') return [];
  const identities = list.map((item) => (type === 'set' ? item : keysOf(schema, item)));
  return identities.flatMap((identity, index) => {
    const before = identities.slice(0, index).filter((other) => jsonEquals(other, identity)).length;
    // The third of a kind is not told again.
    if (before !== 1) return [];
    const at = [...path, index];
    return [{ path: at, problem: { kind: 'duplicate' as const, field: fieldOf(at), value: identity } }];
  });
}

/** What tells the items of a list of type map apart. */
export function keysOf(schema: JsonObject, item: Json): JsonObject {
  const names = listAt(schema, 'x-kubernetes-list-map-keys').map(String);
  return Object.fromEntries(
    names.flatMap((name) => (at(item, name) === undefined ? [] : [[name, at(item, name)]])),
  );
}
