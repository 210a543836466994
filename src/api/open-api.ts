/**
 * Owns how a definition is written as a structural OpenAPI v3 schema, the form that a CustomResourceDefinition takes.
 * Must not know a single resource. (apiextensions-apiserver pkg/apis/apiextensions/v1/types_jsonschema.go)
 */
import type { JsonObject } from '../kube/decode.ts';
import type { ListSchema, MapSchema, ObjectSchema, Rule, Schema } from './schema.ts';

export function openApiSchema(schema: Schema): JsonObject {
  switch (schema.kind) {
    case 'object':
      return objectOf(schema);
    case 'map':
      return mapOf(schema);
    case 'list':
      return listOf(schema);
    case 'string':
      return given({
        type: 'string',
        description: schema.description,
        enum: schema.values,
        pattern: schema.pattern,
        minLength: schema.lengthMin,
        maxLength: schema.lengthMax,
        default: schema.default,
      });
    case 'integer':
      return given({
        // Without a format: with one the API server tells people of int64 and float64.
        type: 'integer',
        description: schema.description,
        minimum: schema.minimum,
        maximum: schema.maximum,
        default: schema.default,
      });
    case 'number':
      return { type: 'number', description: schema.description };
    case 'boolean':
      return given({ type: 'boolean', description: schema.description, default: schema.default });
  }
}

function objectOf({ description, fields, required, rules }: ObjectSchema): JsonObject {
  return given({
    type: 'object',
    description,
    required,
    properties: Object.fromEntries(
      Object.entries(fields).map(([field, child]) => [field, openApiSchema(child)]),
    ),
    'x-kubernetes-validations': rules?.map(ruleOf),
  });
}

function mapOf({ description, values, entriesMin, entriesMax, rules }: MapSchema): JsonObject {
  return given({
    type: 'object',
    description,
    minProperties: entriesMin,
    maxProperties: entriesMax,
    additionalProperties: openApiSchema(values),
    'x-kubernetes-validations': rules?.map(ruleOf),
  });
}

function listOf({ description, items, itemsMax, unique }: ListSchema): JsonObject {
  return given({
    type: 'array',
    description,
    maxItems: itemsMax,
    items: openApiSchema(items),
    'x-kubernetes-list-type': unique === undefined ? 'atomic' : unique === 'set' ? 'set' : 'map',
    'x-kubernetes-list-map-keys': typeof unique === 'object' ? [unique.key] : undefined,
  });
}

function ruleOf({ cel, message, fieldPath }: Rule): JsonObject {
  return given({ rule: cel, message, fieldPath });
}

function given(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
