/**
 * Owns how the phases of one move of a role are shown: in the order in which they take place, in ms.
 * Must not measure.
 */
import { milliseconds } from './milliseconds.ts';

/** Phases of a name that is not here come after these; `total` is last. */
const order = ['lateness', 'detect', 'decide', 'stepDown', 'record', 'fence', 'route', 'notify'];

/** `decide 1.2 · record 4.0 · route 5.0 · total 11.3 ms`, without what did not take place; '' where nothing is known. */
export function movePhasesText(phasesMs: Readonly<Record<string, number>>): string {
  const names = Object.keys(phasesMs).toSorted((left, right) => rank(left) - rank(right));
  const parts = names.map((name) => `${name} ${milliseconds(phasesMs[name])}`);
  return parts.length === 0 ? '' : `${parts.join(' · ')} ms`;
}

function rank(name: string): number {
  if (name === 'total') return Number.POSITIVE_INFINITY;
  const index = order.indexOf(name);
  return index < 0 ? order.length : index;
}
