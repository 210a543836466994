/** Owns the setting of one condition in an object's status. Pure. */
import { listAt, objectAt, stringAt } from '../api/json.ts';
import { changed, type StoredObject } from '../api/stored-object.ts';

export interface ConditionValue {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

/** A copy with the condition set; its lastTransitionTime moves only when the status does. */
export function withCondition(object: StoredObject, value: ConditionValue, now: string): StoredObject {
  const status = objectAt(object, 'status');
  const conditions = listAt(status, 'conditions');
  const before = conditions.find((each) => stringAt(each, 'type') === value.type);
  const kept =
    stringAt(before, 'status') === value.status ? stringAt(before, 'lastTransitionTime') : undefined;
  const condition = { ...value, lastProbeTime: null, lastTransitionTime: kept ?? now };
  const next =
    before === undefined
      ? [...conditions, condition]
      : conditions.map((each) => (each === before ? condition : each));
  return changed(object, { status: { ...status, conditions: next } });
}
