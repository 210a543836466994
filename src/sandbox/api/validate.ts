/**
 * Owns the checks of an object's values, with the real API server's wording.
 */
import { type FieldProblem, invalid } from './api-error.ts';
import type { ResourceType } from './resource-types.ts';
import type { StoredObject } from './stored-object.ts';
import type { WritableSubresource } from './strategies.ts';

/** @throws ApiError 422 */
export function validateNew(type: ResourceType, object: StoredObject): void {
  const problems: FieldProblem[] = [];
  if (object.metadata.name === '')
    problems.push({ kind: 'required', field: 'metadata.name', note: 'name or generateName is required' });
  if (problems.length > 0) throw invalid(type, object.metadata.name, problems);
}

/** @throws ApiError 422 */
export function validateUpdate(
  type: ResourceType,
  current: StoredObject,
  asked: StoredObject,
  prepared: StoredObject,
  _subresource: WritableSubresource | undefined,
): void {
  const problems: FieldProblem[] = [];
  const { uid } = asked.metadata;
  if (uid !== '' && uid !== current.metadata.uid) {
    problems.push({ kind: 'invalid', field: 'metadata.uid', value: uid, note: 'field is immutable' });
  }
  if (problems.length > 0) throw invalid(type, prepared.metadata.name, problems);
}
