/**
 * Owns which old value a new one follows, and with that what an update is not blamed for: values that break a rule which
 * is newer than they are, and that it leaves alone. Must not know what is wrong with them.
 * (apiserver pkg/cel/common/equality.go CorrelatedObject; Kubernetes 1.30, feature CRDValidationRatcheting)
 */
import { at, isJsonList, isJsonObject, type Json, type JsonObject, jsonEquals, stringAt } from '../json.ts';
import { childAt, type Step } from './located-problem.ts';
import { childSchema } from './schema-nodes.ts';
import { keysOf } from './schema-problems.ts';

/** What `child`, at `step` of the new value, was in the old one. Of lists only those of type map have items that can be recognised. */
export function oldChildOf(
  schema: JsonObject,
  before: Json | undefined,
  step: Step,
  child: Json,
): Json | undefined {
  if (typeof step === 'string') return at(before, step);
  if (stringAt(schema, 'x-kubernetes-list-type') !== 'map') return undefined;
  if (!isJsonList(before) || !isJsonObject(child)) return undefined;
  const keys = keysOf(schema, child);
  return before.find((other) => jsonEquals(keysOf(schema, other), keys));
}

/** Whether the value at `path` is as it was, or the nearest one around it that can be found in both objects. */
export function isUnchanged(schema: JsonObject, before: Json, now: Json, path: readonly Step[]): boolean {
  let here = { schema, before, now };
  for (const step of path) {
    const known = childSchema(here.schema, step);
    const child = childAt(here.now, step);
    const old = child === undefined ? undefined : oldChildOf(here.schema, here.before, step, child);
    if (known === undefined || child === undefined || old === undefined) break;
    here = { schema: known, before: old, now: child };
  }
  return jsonEquals(here.before, here.now);
}
