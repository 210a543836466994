/**
 * Owns what a controller's gauges count: its singletons, and those of them that lack somebody.
 * Must not know how gauges are shown.
 */
import type { Decision } from '../core/decision.ts';
import type { ControllerGauges } from './metrics.ts';

export function countSingletons(
  decisions: readonly (Decision | undefined)[],
): Omit<ControllerGauges, 'eventsDropped'> {
  return {
    singletons: decisions.length,
    withoutActive: decisions.filter((decision) => decision?.holder === undefined).length,
    withoutStandby: decisions.filter((decision) => !hasStandby(decision)).length,
  };
}

function hasStandby(decision: Decision | undefined): boolean {
  const judged = decision?.judged ?? [];
  return judged.some(({ uid, judgement }) => judgement.kind === 'fit' && uid !== decision?.holder?.uid);
}
