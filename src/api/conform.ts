/**
 * Owns holding a value to its definition: what is unknown is left out, defaults are filled in, everything wrong is said.
 * Must not know a single resource. It decides as the API server does with the schema that open-api.ts writes of the same
 * definition (apiextensions-apiserver pkg/apiserver/schema: pruning, defaulting; pkg/apiserver/validation).
 */
import { isObject, type JsonObject } from '../kube/decode.ts';
import { limits } from './limits.ts';
import {
  defaultOf,
  type IntegerSchema,
  type ListSchema,
  type MapSchema,
  type ObjectSchema,
  type Rule,
  type Schema,
  type StringSchema,
} from './schema.ts';

export interface Conformed {
  /** Conforms where there are no problems; else it is of no use. */
  readonly value: unknown;
  /** One line each: where, and what was expected. */
  readonly problems: readonly string[];
}

export function conform(schema: Schema, raw: unknown, path: string): Conformed {
  const walk = new Walk();
  const value = walk.value(schema, raw, path);
  return { value, problems: walk.problems };
}

class Walk {
  readonly problems: string[] = [];

  value(schema: Schema, raw: unknown, path: string): unknown {
    switch (schema.kind) {
      case 'object':
        return isObject(raw) ? this.#object(schema, raw, path) : this.#refuse(path, 'an object', raw);
      case 'map':
        return isObject(raw) ? this.#map(schema, raw, path) : this.#refuse(path, 'an object', raw);
      case 'list':
        return Array.isArray(raw) ? this.#list(schema, raw, path) : this.#refuse(path, 'a list', raw);
      case 'string':
        return typeof raw === 'string'
          ? this.#string(schema, raw, path)
          : this.#refuse(path, 'a string', raw);
      case 'integer':
        return Number.isSafeInteger(raw)
          ? this.#integer(schema, Number(raw), path)
          : this.#refuse(path, 'a whole number', raw);
      case 'number':
        return typeof raw === 'number' ? raw : this.#refuse(path, 'a number', raw);
      case 'boolean':
        return typeof raw === 'boolean' ? raw : this.#refuse(path, 'true or false', raw);
    }
  }

  #refuse(path: string, expected: string, raw: unknown): undefined {
    this.problems.push(`${path}: expected ${expected}, got ${quoted(raw)}`);
    return undefined;
  }

  #say(path: string, problem: string): void {
    this.problems.push(`${path}: ${problem}`);
  }

  #object(schema: ObjectSchema, raw: JsonObject, path: string): JsonObject {
    const before = this.problems.length;
    const value: Record<string, unknown> = {};
    for (const [field, child] of Object.entries(schema.fields)) {
      // As in the API: null is absence.
      const given = raw[field] ?? defaultOf(child);
      const place = `${path}.${field}`;
      if (given !== undefined) value[field] = this.value(child, given, place);
      else if (schema.required?.includes(field) === true) this.#say(place, 'is required');
    }
    if (this.problems.length === before) this.#rules(schema.rules, value, path);
    return value;
  }

  #map(schema: MapSchema, raw: JsonObject, path: string): JsonObject {
    const before = this.problems.length;
    const entries = Object.entries(raw).filter(([, value]) => value !== null && value !== undefined);
    const { entriesMin = 0, entriesMax = Number.POSITIVE_INFINITY } = schema;
    if (entries.length < entriesMin) this.#say(path, `needs ${entriesMin} entry at least`);
    if (entries.length > entriesMax) {
      this.#say(path, `has ${entries.length} entries, ${entriesMax} are the most`);
      return raw;
    }
    const value = Object.fromEntries(
      entries.map(([key, each]) => [key, this.value(schema.values, each, `${path}.${shortened(key)}`)]),
    );
    if (this.problems.length === before) this.#rules(schema.rules, value, path);
    return value;
  }

  #list(schema: ListSchema, raw: readonly unknown[], path: string): readonly unknown[] {
    const { itemsMax = Number.POSITIVE_INFINITY, unique } = schema;
    if (raw.length > itemsMax) {
      this.#say(path, `has ${raw.length} items, ${itemsMax} are the most`);
      return raw;
    }
    const items = raw.map((item, index) => this.value(schema.items, item, `${path}[${index}]`));
    const identities = items.map((item) =>
      typeof unique === 'object' && isObject(item) ? item[unique.key] : item,
    );
    const twice = identities.findIndex((identity, index) => identities.indexOf(identity) < index);
    if (unique !== undefined && twice >= 0)
      this.#say(`${path}[${twice}]`, `${quoted(raw[twice])} is there twice`);
    return items;
  }

  #string(schema: StringSchema, text: string, path: string): string {
    const { values, pattern, lengthMin = 0, lengthMax = Number.POSITIVE_INFINITY } = schema;
    const characters = text.length > lengthMax ? [...text].length : text.length;
    if (characters > lengthMax) this.#say(path, `has ${characters} characters, ${lengthMax} are the most`);
    else if (characters < lengthMin) this.#say(path, 'must not be empty');
    else if (pattern !== undefined && !new RegExp(pattern, 'u').test(text))
      this.#say(path, `${quoted(text)} does not match ${pattern}`);
    if (values?.includes(text) === false)
      this.#say(path, `expected ${values.join(' or ')}, got ${quoted(text)}`);
    return text;
  }

  #integer(schema: IntegerSchema, number: number, path: string): number {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
    if (number < minimum || number > maximum)
      this.#say(path, `expected ${minimum} to ${maximum}, got ${number}`);
    return number;
  }

  #rules(rules: readonly Rule[] = [], self: JsonObject, path: string): void {
    for (const rule of rules)
      if (rule.kind === 'state' && !rule.holds(self)) this.#say(path + (rule.fieldPath ?? ''), rule.message);
  }
}

/**
 * What the rules have against a change from one conforming value to another: for who has seen both, such as a controller whose
 * API server knows an older definition.
 */
export function transitionProblems(
  schema: Schema,
  before: unknown,
  now: unknown,
  path: string,
): readonly string[] {
  if (!isObject(before) || !isObject(now)) return [];
  const rules = schema.kind === 'object' || schema.kind === 'map' ? (schema.rules ?? []) : [];
  const own = rules
    .filter((rule) => rule.kind === 'transition' && !rule.holds(now, before))
    .map((rule) => `${path}${rule.fieldPath ?? ''}: ${rule.message}`);
  const fields = schema.kind === 'object' ? Object.entries(schema.fields) : [];
  const below = fields.flatMap(([field, child]) =>
    transitionProblems(child, before[field], now[field], `${path}.${field}`),
  );
  return [...own, ...below];
}

function quoted(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value));
}

function shortened(text: string): string {
  return text.length <= limits.quotedMax ? text : `${text.slice(0, limits.quotedMax)}…`;
}
