/**
 * Owns JSON patch (RFC 6902): the library's operations, all or nothing, with the API server's refusals. Pure.
 */
import { applyPatch, type Operation } from 'rfc6902';
import { ApiError, badRequest } from '../api-error.ts';
import { isJsonObject, type Json } from '../json.ts';

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/**
 * @throws ApiError 400 for what is no JSON patch; 422 when an operation does not apply or a `test` fails
 * (apiserver pkg/endpoints/handlers/patch.go, with client-go's wording for a 422).
 */
export function applyJsonPatch(target: Json, patch: unknown): Json {
  if (!Array.isArray(patch) || !patch.every(isOperation)) {
    throw badRequest('error decoding patch: a JSON patch is a list of operations, each with op and path');
  }
  const copy: unknown = structuredClone(target);
  for (const operation of patch) {
    if (!OPERATIONS.includes(operation.op))
      throw notApplicable(new Error(`unexpected kind: ${operation.op}`));
    const [error] = applyPatch(copy, [operation]);
    if (error) throw notApplicable(error);
  }
  return JSON.parse(JSON.stringify(copy));
}

function notApplicable(cause: Error): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError(422, 'Invalid', message, {}, { cause });
}

function isOperation(value: unknown): value is Operation {
  if (!isJsonObject(value) || typeof value.op !== 'string') return false;
  const isPointer = (pointer: unknown) =>
    typeof pointer === 'string' && (pointer === '' || pointer.startsWith('/'));
  if (!isPointer(value.path)) return false;
  if (value.op === 'move' || value.op === 'copy') return isPointer(value.from);
  return !['add', 'replace', 'test'].includes(value.op) || Object.hasOwn(value, 'value');
}
