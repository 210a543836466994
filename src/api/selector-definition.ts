/**
 * Owns what spec.selector may say: which pods are a Singleton's members.
 * Must not know what else there is in a spec.
 */
import { isObject } from '../kube/decode.ts';
import { limits } from './limits.ts';
import { labelValue, qualifiedName } from './name-patterns.ts';
import type { MapSchema, ObjectSchema } from './schema.ts';

const isQualifiedName = new RegExp(qualifiedName, 'u');

const matchLabels: MapSchema = {
  kind: 'map',
  values: {
    kind: 'string',
    lengthMax: limits.labelValueMax,
    pattern: labelValue,
    description: "The label's value.",
  },
  entriesMin: 1,
  entriesMax: limits.selectorLabelsMax,
  description: 'Labels that a pod must carry, all of them. At least one; never role.',
  rules: [
    {
      kind: 'state',
      cel: "!('role' in self)",
      holds: (labels) => !Object.hasOwn(labels, 'role'),
      message: 'must not name the label role: it says who is active, and moves from one member to the other',
    },
    {
      kind: 'state',
      cel: `self.all(key, size(key) <= ${limits.qualifiedNameMax} && key.matches('${qualifiedName}'))`,
      holds: (labels) =>
        Object.keys(labels).every(
          (key) => [...key].length <= limits.qualifiedNameMax && isQualifiedName.test(key),
        ),
      message: 'must have keys that a pod can carry as labels, such as app or example.com/app',
    },
  ],
};

export const selector: ObjectSchema = {
  kind: 'object',
  fields: { matchLabels },
  required: ['matchLabels'],
  description: "The members: pods of this namespace. It can't be changed.",
  rules: [
    {
      kind: 'transition',
      cel: 'self == oldSelf',
      holds: (self, before) => sameLabels(self.matchLabels, before.matchLabels),
      message: "can't be changed: who claims pods first keeps them; make another Singleton",
    },
  ],
};

function sameLabels(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return left === right;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && left[key] === right[key])
  );
}
