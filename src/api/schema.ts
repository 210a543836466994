/**
 * Owns the words in which a resource is defined: its fields, the values that each takes, and what each is for.
 * Must not know a single resource, nor look at an object: conform.ts does that, and open-api.ts writes it down for Kubernetes.
 */
import type { JsonObject } from '../kube/decode.ts';

export type Schema =
  | ObjectSchema
  | MapSchema
  | ListSchema
  | StringSchema
  | IntegerSchema
  | NumberSchema
  | BooleanSchema;

interface Described {
  /** What `kubectl explain` says of it. */
  readonly description: string;
}

export interface ObjectSchema extends Described {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly rules?: readonly Rule[];
}

/** Keys of the user's choice. */
export interface MapSchema extends Described {
  readonly kind: 'map';
  readonly values: Schema;
  readonly entriesMin?: number;
  readonly entriesMax?: number;
  readonly rules?: readonly Rule[];
}

export interface ListSchema extends Described {
  readonly kind: 'list';
  readonly items: Schema;
  readonly itemsMax?: number;
  /** `set`: no item twice. `key`: objects, no two with the same value of this field. */
  readonly unique?: 'set' | { readonly key: string };
}

export interface StringSchema extends Described {
  readonly kind: 'string';
  /** The only values there are. */
  readonly values?: readonly string[];
  /** As Go's regexp and ECMAScript's with flag `u` both read it. */
  readonly pattern?: string;
  readonly lengthMin?: number;
  /** In characters (code points). */
  readonly lengthMax?: number;
  readonly default?: string;
}

export interface IntegerSchema extends Described {
  readonly kind: 'integer';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface NumberSchema extends Described {
  readonly kind: 'number';
}

export interface BooleanSchema extends Described {
  readonly kind: 'boolean';
  readonly default?: boolean;
}

/**
 * What types and ranges can't say, twice: in the Common Expression Language for the API server, and as a function for
 * this program. Both are given values that conform to the schema, with defaults filled in.
 */
export type Rule = StateRule | TransitionRule;

interface RuleText {
  /** `self` is the value, `oldSelf` what it was before. */
  readonly cel: string;
  /** What to do about it, in one line. */
  readonly message: string;
  /** The field at fault, from the rule's place: `.onDemote`. */
  readonly fieldPath?: string;
}

/** Of an object as it is. */
export interface StateRule extends RuleText {
  readonly kind: 'state';
  readonly holds: (self: JsonObject) => boolean;
}

/** Of a change. The API server sees both sides of it; who only reads the object does not. */
export interface TransitionRule extends RuleText {
  readonly kind: 'transition';
  readonly holds: (self: JsonObject, before: JsonObject) => boolean;
}

export function defaultOf(schema: Schema): string | number | boolean | undefined {
  return 'default' in schema ? schema.default : undefined;
}
