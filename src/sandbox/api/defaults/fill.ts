/**
 * Owns the filling-in of absent fields; what is complete already is returned as it is. Pure.
 */
import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** `object` with each absent field of `defaults` added. */
export function fill(object: JsonObject, defaults: JsonObject): JsonObject {
  return Object.keys(defaults).every((field) => object[field] !== undefined)
    ? object
    : { ...defaults, ...object };
}

/** `object` with the objects in the list at `field` changed by `change`. */
export function fillEach(
  object: JsonObject,
  field: string,
  change: (item: JsonObject) => JsonObject,
): JsonObject {
  const list = object[field];
  if (!Array.isArray(list)) return object;
  let same = true;
  const items = list.map((item: Json) => {
    const filled = isJsonObject(item) ? change(item) : item;
    if (filled !== item) same = false;
    return filled;
  });
  return same ? object : { ...object, [field]: items };
}

/** `object` with the object at `field`, when there is one, changed by `change`. */
export function fillAt(
  object: JsonObject,
  field: string,
  change: (item: JsonObject) => JsonObject,
): JsonObject {
  const child = object[field];
  if (!isJsonObject(child)) return object;
  const filled = change(child);
  return filled === child ? object : { ...object, [field]: filled };
}
