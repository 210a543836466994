/**
 * Owns the fields that the API server fills in where the writer left them out.
 */
import type { ResourceType } from './resource-types.ts';
import type { StoredObject } from './stored-object.ts';

export function withDefaults(_type: ResourceType, object: StoredObject): StoredObject {
  return object;
}
