/**
 * Owns the ways down a structural schema: from an object to its fields, from a map to its values, from a list to its items.
 * Must not judge anything. (apiextensions-apiserver pkg/apiserver/schema/structural.go)
 */
import { booleanAt, isJsonObject, type JsonObject, objectAt } from '../json.ts';
import type { Step } from './located-problem.ts';

/** Of what lies below a field that keeps everything: nothing is known of it. */
export const open: JsonObject = { 'x-kubernetes-preserve-unknown-fields': true };

/** Undefined: the schema has no such field, and keeps none that it does not have. */
export function fieldSchema(schema: JsonObject, field: string): JsonObject | undefined {
  const properties = objectAt(schema, 'properties');
  const known = Object.hasOwn(properties, field) ? properties[field] : undefined;
  if (isJsonObject(known)) return known;
  const additional = schema.additionalProperties;
  if (isJsonObject(additional)) return additional;
  const isOpen = additional === true || booleanAt(schema, 'x-kubernetes-preserve-unknown-fields') === true;
  return isOpen ? open : undefined;
}

export function itemSchema(schema: JsonObject): JsonObject {
  return isJsonObject(schema.items) ? schema.items : open;
}

export function childSchema(schema: JsonObject, step: Step): JsonObject | undefined {
  return typeof step === 'string' ? fieldSchema(schema, step) : itemSchema(schema);
}

/** Every schema in this one, itself first, each with its place as the API server writes it. */
export function allSchemas(schema: JsonObject, place: string): readonly (readonly [string, JsonObject])[] {
  const children: (readonly [string, JsonObject])[] = Object.entries(objectAt(schema, 'properties')).flatMap(
    ([field, child]) => (isJsonObject(child) ? [[`${place}.properties[${field}]`, child] as const] : []),
  );
  for (const keyword of ['additionalProperties', 'items'] as const) {
    const child = schema[keyword];
    if (isJsonObject(child)) children.push([`${place}.${keyword}`, child]);
  }
  return [[place, schema], ...children.flatMap(([where, child]) => allSchemas(child, where))];
}
