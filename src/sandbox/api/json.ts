/**
 * Owns JSON values as immutable data: frozen copies, equality, and reading at a path without casts.
 * Must not know any Kubernetes field.
 */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [field: string]: Json | undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** Fields are defined, never assigned: a field named `__proto__` in a request stays a field. */
export function setField(target: object, field: string, value: unknown): void {
  Object.defineProperty(target, field, { value, writable: true, enumerable: true, configurable: true });
}

/**
 * A deeply frozen copy with the `undefined` fields left out. What is frozen already is taken as it is,
 * so that a changed object shares everything unchanged with the one before it.
 */
export function frozenCopy(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return frozenList(value);
  if (typeof value === 'object') return frozenObject(value);
  return null;
}

/** Roots of complete frozen copies: a frozen top says nothing of what is below unless it was made here. */
const deeplyFrozen = new WeakSet<object>();

function frozenList(list: readonly unknown[]): Json {
  if (isKnownFrozen(list)) return list;
  const copy = Object.freeze(list.map(frozenCopy));
  deeplyFrozen.add(copy);
  return copy;
}

export function frozenObject(source: object): JsonObject {
  if (isKnownFrozen(source)) return source;
  const copy: Record<string, Json> = {};
  for (const [field, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const child = frozenCopy(value);
    if (field === '__proto__') setField(copy, field, child);
    else copy[field] = child;
  }
  deeplyFrozen.add(copy);
  return Object.freeze(copy);
}

function isKnownFrozen<Value extends object>(value: Value): value is Value & JsonObject & readonly Json[] {
  return deeplyFrozen.has(value);
}

/** What stands at `path`, or undefined where the way there ends early. */
export function at(value: unknown, ...path: readonly string[]): Json | undefined {
  let here: unknown = value;
  for (const field of path) {
    if (!isJsonObject(here) || !Object.hasOwn(here, field)) return undefined;
    here = here[field];
  }
  return isJson(here) ? here : undefined;
}

/** Shallow on purpose: everything this is asked about came from JSON or from frozenCopy. */
function isJson(value: unknown): value is Json {
  return (
    value !== undefined &&
    typeof value !== 'function' &&
    typeof value !== 'symbol' &&
    typeof value !== 'bigint'
  );
}

export function stringAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function booleanAt(value: unknown, ...path: readonly string[]): boolean | undefined {
  const found = at(value, ...path);
  return typeof found === 'boolean' ? found : undefined;
}

/** Empty when there is no list. */
export function listAt(value: unknown, ...path: readonly string[]): readonly Json[] {
  const found = at(value, ...path);
  return isJsonList(found) ? found : [];
}

/** Empty when there is no object. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  return isJsonObject(found) ? found : {};
}

/** The string-valued fields of what stands at `path`: labels, annotations, match labels. */
export function stringsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(value, ...path));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export function jsonEquals(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) return Array.isArray(right) && listsEqual(left, right);
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const fields = Object.keys(left).filter((field) => left[field] !== undefined);
  const others = Object.keys(right).filter((field) => right[field] !== undefined);
  return (
    fields.length === others.length &&
    fields.every((field) => Object.hasOwn(right, field) && jsonEquals(left[field], right[field]))
  );
}

function listsEqual(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => jsonEquals(item, right[index]));
}

/** `object` with the given fields replaced; `undefined` takes a field away. */
export function withFields(object: JsonObject, fields: { readonly [field: string]: unknown }): JsonObject {
  return frozenObject({ ...object, ...fields });
}
