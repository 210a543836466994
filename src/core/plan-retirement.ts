/**
 * Owns the plan for a singleton whose mode has changed: the record of the old mode gives way, and then one is made anew.
 * Must not touch traffic: until the new record leads it, it goes on as the old one left it.
 */
import type { Because } from './decision.ts';
import { nothingToDo, type Plan } from './plan.ts';
import type { OtherRecord } from './record.ts';

type PresentOther = Extract<OtherRecord, { readonly kind: 'present' }>;

/** A compare-and-swap, so that no controller that still believes in the old mode can move the role by it any more. */
export function planRetirement({ resourceVersion, epoch }: PresentOther): Plan {
  const because: Because = {
    code: 'ModeChanged',
    sentence: `the Service asks for the other mode: its record, which ends at epoch ${epoch}, gives way`,
  };
  return { ...nothingToDo(because), effects: [{ kind: 'retire-record', resourceVersion, because }] };
}
