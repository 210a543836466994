/**
 * Owns how a PodDisruptionBudget is read and how its status says whether a pod may go, for who evicts and who counts.
 * Pure. Must not count pods: the disruption controller does, and its last word stands in the status.
 * (component-helpers apps/poddisruptionbudget/helpers.go)
 */
import { at, isJsonObject, type Json, type JsonObject, listAt, numberAt, stringAt } from './json.ts';
import { type LabelSelector, selectorOfObject } from './label-selector.ts';
import type { StoredObject } from './stored-object.ts';

/** Undefined for a budget without one: it takes in no pod. An empty one takes in all. */
export function budgetSelector(budget: StoredObject): LabelSelector | undefined {
  const selector = at(budget, 'spec', 'selector');
  return isJsonObject(selector) ? selectorOfObject(selector) : undefined;
}

export interface DisruptionAllowed {
  readonly status: 'True' | 'False';
  readonly reason: 'SufficientPods' | 'InsufficientPods' | 'SyncFailed';
  readonly message: string;
}

const TYPE = 'DisruptionAllowed';

/** The condition that follows from the number in the status. */
export function allowanceOf(status: JsonObject): DisruptionAllowed {
  return (numberAt(status, 'disruptionsAllowed') ?? 0) > 0
    ? { status: 'True', reason: 'SufficientPods', message: '' }
    : { status: 'False', reason: 'InsufficientPods', message: '' };
}

/** The status with the condition set; its time moves only when the condition does. */
export function withAllowance(status: JsonObject, allowed: DisruptionAllowed, now: string): JsonObject {
  const conditions = listAt(status, 'conditions');
  const before = conditionOf(status);
  const isSame = stringAt(before, 'status') === allowed.status;
  const condition = {
    type: TYPE,
    ...allowed,
    observedGeneration: numberAt(status, 'observedGeneration') ?? 0,
    lastTransitionTime: (isSame ? stringAt(before, 'lastTransitionTime') : undefined) ?? now,
  };
  const others = conditions.filter((each) => each !== before);
  return { ...status, conditions: [...others, condition] };
}

export function conditionOf(status: unknown): Json | undefined {
  return listAt(status, 'conditions').find((each) => stringAt(each, 'type') === TYPE);
}
