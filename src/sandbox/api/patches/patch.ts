/**
 * Owns the choice among the four kinds of patch. Pure: store.ts decides what the result may change.
 */
import { badRequest, unsupportedMediaType } from '../api-error.ts';
import { frozenCopy, isJsonObject, type Json } from '../json.ts';
import type { ResourceType } from '../resource-types.ts';
import { schemaOfType } from '../schemas/schema.ts';
import type { StoredObject } from '../stored-object.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

export interface Patch {
  readonly type: 'json' | 'merge' | 'strategic' | 'apply';
  /** Parsed JSON. */
  readonly body: unknown;
}

const CUSTOM_TYPES_TAKE = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];

/** @throws ApiError 400, 415, 422 */
export function applyPatchTo(type: ResourceType, current: StoredObject | undefined, patch: Patch): unknown {
  const target = current === undefined ? undefined : frozenCopy(current);
  if (patch.type === 'json') return applyJsonPatch(target ?? {}, patch.body);
  if (!isJsonObject(patch.body)) throw badRequest('error decoding patch: an object is expected');
  if (patch.type === 'merge') return applyMergePatch(target, patch.body);
  if (patch.type === 'apply') return applyConfiguration(type, target, patch.body);
  const schema = schemaOfType(type);
  if (schema === undefined) throw unsupportedMediaType(CUSTOM_TYPES_TAKE);
  return applyStrategicMergePatch(schema, target ?? {}, patch.body);
}

/**
 * Server-side apply without field ownership: the configuration is merged into the object, and fields that were applied
 * before and are missing now stay. Enough for `kubectl apply --server-side`; there are no managedFields and no conflicts.
 */
function applyConfiguration(type: ResourceType, target: Json | undefined, body: Json): Json {
  const schema = schemaOfType(type);
  return schema === undefined
    ? applyMergePatch(target, body)
    : applyStrategicMergePatch(schema, target ?? {}, body);
}
