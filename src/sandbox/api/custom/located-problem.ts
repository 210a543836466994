/**
 * Owns where in a custom resource a problem is: as steps that can be walked, and as the API server writes them.
 * Must not find problems.
 */
import type { FieldProblem } from '../field-problem.ts';
import { at, isJsonList, type Json } from '../json.ts';

/** A field's name, or a position in a list. */
export type Step = string | number;

export interface LocatedProblem {
  /** From the root to the value that is judged; `problem.field` may name something below it. */
  readonly path: readonly Step[];
  readonly problem: FieldProblem;
}

/** `spec.items[0].name`: dots also before the keys of maps, as the schema's validator writes them. */
export function fieldOf(path: readonly Step[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

export function valueAt(root: Json | undefined, path: readonly Step[]): Json | undefined {
  let here = root;
  for (const step of path) here = childAt(here, step);
  return here;
}

export function childAt(value: Json | undefined, step: Step): Json | undefined {
  if (typeof step === 'string') return at(value, step);
  return isJsonList(value) ? value[step] : undefined;
}
