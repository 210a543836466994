/**
 * Owns JSON merge patch (RFC 7386): objects merge, null removes, everything else replaces. Pure.
 */
import { isJsonObject, type Json, setField } from '../json.ts';

export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const result: Record<string, Json> = {};
  const source = isJsonObject(target) ? target : {};
  for (const [field, value] of Object.entries(source))
    if (value !== undefined) setField(result, field, value);
  for (const [field, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[field];
    else
      setField(
        result,
        field,
        applyMergePatch(Object.hasOwn(source, field) ? source[field] : undefined, value),
      );
  }
  return result;
}
