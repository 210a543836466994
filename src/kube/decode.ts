/**
 * Owns reading `unknown` JSON: each function returns a checked value or throws a DecodeError that says where.
 * Must not know any Kubernetes type. Paths are constants, so that reading well-formed input builds no strings.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Input that is not what it has to be. `path` is where, `expected` what should have been there. */
export class DecodeError extends Error {
  readonly path: string;
  readonly expected: string;

  constructor(path: string, expected: string, options?: { readonly cause?: unknown }) {
    super(`${path === '' ? 'the object' : path}: expected ${expected}`, options);
    this.name = 'DecodeError';
    this.path = path;
    this.expected = expected;
  }

  static notJson(cause: unknown): DecodeError {
    return new DecodeError('', 'JSON', { cause });
  }

  /** The same error, seen from the object that contains the faulty one at `path`. */
  within(path: string): DecodeError {
    return new DecodeError(join(path, this.path), this.expected, { cause: this });
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, path = ''): JsonObject {
  if (!isObject(value)) throw new DecodeError(path, 'an object');
  return value;
}

/** Kubernetes writes an absent field as nothing or as null; both read as undefined. */
export function optionalObject(
  parent: JsonObject | undefined,
  key: string,
  path: string,
): JsonObject | undefined {
  const value = parent?.[key];
  if (value === undefined || value === null) return undefined;
  return asObject(value, join(path, key));
}

export function requiredObject(parent: JsonObject, key: string, path: string): JsonObject {
  return optionalObject(parent, key, path) ?? missing(path, key, 'an object');
}

/** An empty string counts as absent: the API server writes cleared fields so. */
export function optionalString(
  parent: JsonObject | undefined,
  key: string,
  path: string,
): string | undefined {
  const value = parent?.[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new DecodeError(join(path, key), 'a string');
  return value;
}

export function requiredString(parent: JsonObject, key: string, path: string): string {
  return optionalString(parent, key, path) ?? missing(path, key, 'a non-empty string');
}

export function optionalInteger(
  parent: JsonObject | undefined,
  key: string,
  path: string,
): number | undefined {
  const value = parent?.[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new DecodeError(join(path, key), 'an integer');
  return value;
}

export function optionalBoolean(
  parent: JsonObject | undefined,
  key: string,
  path: string,
): boolean | undefined {
  const value = parent?.[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw new DecodeError(join(path, key), 'true or false');
  return value;
}

/** An RFC 3339 time as ms since 1970. */
export function optionalTime(parent: JsonObject | undefined, key: string, path: string): number | undefined {
  const text = optionalString(parent, key, path);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new DecodeError(join(path, key), 'an RFC 3339 time');
  return time;
}

const NO_ENTRIES: Readonly<Record<string, string>> = Object.freeze({});

/** A map of strings, empty when absent. Checked, not copied. */
export function stringMap(
  parent: JsonObject | undefined,
  key: string,
  path: string,
): Readonly<Record<string, string>> {
  const value = optionalObject(parent, key, path);
  if (value === undefined) return NO_ENTRIES;
  if (!hasOnlyStrings(value)) throw new DecodeError(join(path, key), 'a map of strings');
  return value;
}

/** The array's items, each read by `decodeItem` with paths relative to the item. Empty when absent. */
export function items<T>(
  parent: JsonObject | undefined,
  key: string,
  path: string,
  decodeItem: (item: JsonObject) => T,
): readonly T[] {
  const value = parent?.[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new DecodeError(join(path, key), 'an array');
  return value.map((item, index) => {
    try {
      return decodeItem(asObject(item));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw error.within(`${join(path, key)}[${index}]`);
    }
  });
}

function hasOnlyStrings(value: JsonObject): value is Readonly<Record<string, string>> {
  for (const key in value) if (typeof value[key] !== 'string') return false;
  return true;
}

function missing(path: string, key: string, expected: string): never {
  throw new DecodeError(join(path, key), expected);
}

function join(path: string, key: string): string {
  if (path === '') return key;
  return key === '' ? path : `${path}.${key}`;
}
