/**
 * Owns strategic merge patch: as merge patch, but lists of things with an identity merge item by item, and the
 * $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList directives are obeyed. Pure.
 * (apimachinery pkg/util/strategicpatch/patch.go)
 */
import { badRequest, unexplained } from '../api-error.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, jsonEquals, setField } from '../json.ts';
import { type ObjectSchema, objectSchema, type Schema } from '../schemas/schema.ts';

/** `schema` of the whole object says which lists have an identity, and which. */
export function applyStrategicMergePatch(schema: ObjectSchema, target: Json, patch: Json): Json {
  if (!isJsonObject(target) || !isJsonObject(patch))
    throw badRequest('error decoding patch: an object is expected');
  return mergeObjects(schema, target, patch) ?? {};
}

/** `undefined`: the patch deletes the whole object. Without a schema (maps, open fields) lists are replaced. */
function mergeObjects(
  schema: ObjectSchema | undefined,
  target: JsonObject,
  patch: JsonObject,
): JsonObject | undefined {
  if (patch.$patch === 'delete') return undefined;
  const result: Record<string, Json> = {};
  for (const [field, value] of Object.entries(patch.$patch === 'replace' ? {} : retained(target, patch))) {
    if (value !== undefined) setField(result, field, value);
  }
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined || isDirective(field)) continue;
    const current = Object.hasOwn(result, field) ? result[field] : undefined;
    const merged =
      value === null
        ? undefined
        : mergeField(schema?.fields.get(field)?.schema, field, current, value, patch);
    if (merged === undefined) delete result[field];
    else setField(result, field, merged);
  }
  deleteFromPrimitiveLists(result, patch);
  return result;
}

function isDirective(field: string): boolean {
  return (
    field === '$patch' ||
    field === '$retainKeys' ||
    field.startsWith('$setElementOrder/') ||
    field.startsWith('$deleteFromPrimitiveList/')
  );
}

function retained(target: JsonObject, patch: JsonObject): JsonObject {
  const keep = patch.$retainKeys;
  if (!isJsonList(keep)) return target;
  return Object.fromEntries(Object.entries(target).filter(([field]) => keep.includes(field)));
}

function mergeField(
  schema: Schema | undefined,
  field: string,
  current: Json | undefined,
  value: Json,
  patch: JsonObject,
): Json | undefined {
  if (isJsonObject(value) && schema?.kind === 'object' && schema.replaced) return value;
  if (isJsonObject(value)) return mergeObjects(schemaOf(schema), isJsonObject(current) ? current : {}, value);
  if (!isJsonList(value) || schema?.kind !== 'list' || schema.merge === undefined) return value;
  const list = isJsonList(current) ? current : [];
  if (schema.merge.kind === 'values') {
    return [...list, ...value.filter((item) => !list.some((known) => jsonEquals(known, item)))];
  }
  const { key } = schema.merge;
  const setOrder = patch[`$setElementOrder/${field}`];
  const merged = mergeLists(schemaOf(schema.items), list, value, key);
  return interleaved(merged, isJsonList(setOrder) ? setOrder : value, list, key);
}

function schemaOf(schema: Schema | undefined): ObjectSchema | undefined {
  return schema?.kind === 'object' ? objectSchema(schema.name) : undefined;
}

function mergeLists(
  schema: ObjectSchema | undefined,
  current: readonly Json[],
  patch: readonly Json[],
  key: string,
): readonly Json[] {
  if (patch.some((item) => isJsonObject(item) && item.$patch === 'replace')) {
    return patch.filter((item) => !(isJsonObject(item) && item.$patch === 'replace'));
  }
  let result = [...current];
  for (const item of patch) {
    const identity = isJsonObject(item) ? item[key] : undefined;
    if (!isJsonObject(item) || identity === undefined) {
      throw unexplained(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const index = result.findIndex((known) => isJsonObject(known) && jsonEquals(known[key], identity));
    const known = result[index];
    const merged = mergeObjects(schema, isJsonObject(known) ? known : {}, item);
    if (merged === undefined) result = result.filter((_, position) => position !== index);
    else if (index < 0) result.push(merged);
    else result[index] = merged;
  }
  return result;
}

/**
 * The items that the patch names come in the patch's order, the others in the server's; between the two the server's order
 * decides where it knows both items, and where it does not, the patch's item comes first.
 */
function interleaved(
  merged: readonly Json[],
  patchOrder: readonly Json[],
  serverOrder: readonly Json[],
  key: string,
): readonly Json[] {
  const rank = (order: readonly Json[], item: Json) =>
    order.findIndex((entry) => isSameItem(entry, item, key));
  const inOrder = (order: readonly Json[]) => (left: Json, right: Json) =>
    rank(order, left) - rank(order, right);
  const named = merged.filter((item) => rank(patchOrder, item) >= 0).sort(inOrder(patchOrder));
  const others = merged.filter((item) => rank(patchOrder, item) < 0).sort(inOrder(serverOrder));
  const result: Json[] = [];
  for (const item of named) {
    const place = rank(serverOrder, item);
    while (place >= 0 && others[0] !== undefined && rank(serverOrder, others[0]) < place)
      result.push(...others.splice(0, 1));
    result.push(item);
  }
  return [...result, ...others];
}

function isSameItem(entry: Json, item: Json, mergeKey: string): boolean {
  return isJsonObject(entry) && isJsonObject(item) && jsonEquals(entry[mergeKey], item[mergeKey]);
}

function deleteFromPrimitiveLists(result: Record<string, Json>, patch: JsonObject): void {
  for (const [directive, gone] of Object.entries(patch)) {
    const field = /^\$deleteFromPrimitiveList\/(.+)$/.exec(directive)?.[1];
    if (field === undefined || !isJsonList(gone)) continue;
    const list = result[field];
    if (isJsonList(list))
      setField(
        result,
        field,
        list.filter((item) => !gone.some((each) => jsonEquals(each, item))),
      );
  }
}
