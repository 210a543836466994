/**
 * Owns the reading of a PodDisruptionBudget: whose pods it protects.
 * Must not count what it allows: its status does.
 */
import { asObject, optionalObject } from './decode.ts';
import { decodeMeta, type ObjectMeta } from './decode-meta.ts';
import { decodeLabelSelector, type LabelSelector } from './label-selector.ts';

export interface DisruptionBudgetObject extends ObjectMeta {
  /** Undefined where it protects nobody. */
  readonly selector: LabelSelector | undefined;
}

/** Throws a DecodeError. */
export function decodeDisruptionBudget(raw: unknown): DisruptionBudgetObject {
  const spec = optionalObject(asObject(raw), 'spec', '');
  return { ...decodeMeta(raw), selector: decodeLabelSelector(spec, 'selector') };
}
