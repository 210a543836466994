/**
 * Owns the reading of a plan that was kept as a file, with what it found.
 * Must not repair one: a kind of fault that is gone, or a field that is missing, is an error.
 */
import { asObject, items, requiredString } from '../../src/kube/decode.ts';
import { isFaultKind } from './fault-kinds.ts';
import { drawPlan, type WorldPlan } from './plan.ts';

export interface KnownPlan {
  /** A sentence. */
  readonly found: string;
  readonly plan: WorldPlan;
}

/** The fields that a plan of today has: what an older one lacks would be undefined somewhere deep in the world. */
const fieldsOfPlan = Object.keys(drawPlan(1));
const fieldsOfSingleton = Object.keys(drawPlan(1).singletons[0] ?? {});

/** @throws DecodeError, TypeError */
export function decodeKnownPlan(text: string): KnownPlan {
  const raw = asObject(JSON.parse(text));
  const plan = asObject(raw.plan);
  requireFields(plan, fieldsOfPlan);
  for (const singleton of items(plan, 'singletons', 'plan', asObject))
    requireFields(singleton, fieldsOfSingleton);
  for (const fault of items(plan, 'faults', 'plan', asObject)) {
    const kind = requiredString(fault, 'kind', 'plan.faults');
    if (!isFaultKind(kind)) throw new TypeError(`there is no fault ${kind}`);
  }
  return { found: requiredString(raw, 'found', ''), plan: plan as unknown as WorldPlan };
}

function requireFields(object: object, fields: readonly string[]): void {
  const missing = fields.filter((field) => !(field in object));
  if (missing.length > 0) throw new TypeError(`a plan lacks ${missing.join(', ')}`);
}
