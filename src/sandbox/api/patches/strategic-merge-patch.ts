/**
 * Owns strategic merge patch: as merge patch, but lists of things with an identity merge item by item, and the
 * $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList directives are obeyed. Pure.
 * (apimachinery pkg/util/strategicpatch/patch.go; the keys are the patchMergeKey tags of k8s.io/api)
 */
import { badRequest } from '../api-error.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, jsonEquals, setField } from '../json.ts';

/** Merge keys by the field that holds the list. A path pattern decides where one name means two things. */
const MERGE_KEYS: Readonly<Record<string, string | readonly [parent: RegExp, key: string][]>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  hostAliases: 'ip',
  resourceClaims: 'name',
  schedulingGates: 'name',
  topologySpreadConstraints: 'topologyKey',
  ownerReferences: 'uid',
  conditions: 'type',
  addresses: [[/^status$/, 'type']],
  podIPs: 'ip',
  hostIPs: 'ip',
  taints: [[/^$/, 'key']],
  secrets: [[/^$/, 'name']],
  ports: [
    [/(^|\.)(containers|initContainers|ephemeralContainers)$/, 'containerPort'],
    [/^spec$/, 'port'],
  ],
};

/** Lists of plain values that are joined, not replaced. */
const MERGED_PRIMITIVES = new Set(['finalizers', 'podCIDRs']);

export function applyStrategicMergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(target) || !isJsonObject(patch))
    throw badRequest('error decoding patch: an object is expected');
  return mergeObjects(target, patch, '') ?? {};
}

function mergeKeyOf(field: string, parent: string): string | undefined {
  const known = Object.hasOwn(MERGE_KEYS, field) ? MERGE_KEYS[field] : undefined;
  if (known === undefined || typeof known === 'string') return known;
  return known.find(([pattern]) => pattern.test(parent))?.[1];
}

/** `undefined`: the patch deletes the whole object. `path` names the fields on the way, without list positions. */
function mergeObjects(target: JsonObject, patch: JsonObject, path: string): JsonObject | undefined {
  const directive = patch.$patch;
  if (directive === 'delete') return undefined;
  const replaces = directive === 'replace';
  const result: Record<string, Json> = {};
  for (const [field, value] of Object.entries(replaces ? {} : retained(target, patch))) {
    if (value !== undefined) setField(result, field, value);
  }
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined || isDirective(field)) continue;
    const merged = value === null ? undefined : mergeField(field, result[field], value, patch, path);
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
  field: string,
  current: Json | undefined,
  value: Json,
  patch: JsonObject,
  path: string,
): Json | undefined {
  const fieldPath = path === '' ? field : `${path}.${field}`;
  if (isJsonObject(value)) return mergeObjects(isJsonObject(current) ? current : {}, value, fieldPath);
  if (!isJsonList(value)) return value;
  const order = patch[`$setElementOrder/${field}`];
  const mergeKey = mergeKeyOf(field, path);
  const list = isJsonList(current) ? current : [];
  if (mergeKey !== undefined) {
    return ordered(
      mergeLists(list, value, mergeKey, fieldPath),
      isJsonList(order) ? order : undefined,
      mergeKey,
    );
  }
  if (MERGED_PRIMITIVES.has(field))
    return [...list, ...value.filter((item) => !list.some((known) => jsonEquals(known, item)))];
  return value;
}

function mergeLists(
  current: readonly Json[],
  patch: readonly Json[],
  mergeKey: string,
  path: string,
): readonly Json[] {
  if (patch.some((item) => isJsonObject(item) && item.$patch === 'replace')) {
    return patch.filter((item) => !(isJsonObject(item) && item.$patch === 'replace'));
  }
  let result = [...current];
  for (const item of patch) {
    if (!isJsonObject(item)) throw badRequest(`error decoding patch: ${path} holds a list of objects`);
    const identity = item[mergeKey];
    if (identity === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    const index = result.findIndex((known) => isJsonObject(known) && jsonEquals(known[mergeKey], identity));
    const known = result[index];
    const merged = mergeObjects(isJsonObject(known) ? known : {}, item, path);
    if (merged === undefined) result = result.filter((_, position) => position !== index);
    else if (index < 0) result.push(merged);
    else result[index] = merged;
  }
  return result;
}

/** Items in the order list come in its order; the others keep their place behind their old neighbour, or the end. */
function ordered(
  list: readonly Json[],
  order: readonly Json[] | undefined,
  mergeKey: string,
): readonly Json[] {
  if (order === undefined) return list;
  const rankOf = (item: Json) => order.findIndex((entry) => isSameItem(entry, item, mergeKey));
  const named = list.filter((item) => rankOf(item) >= 0).sort((left, right) => rankOf(left) - rankOf(right));
  return [...named, ...list.filter((item) => rankOf(item) < 0)];
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
