/**
 * Owns what a label selector (metav1.LabelSelector) takes in.
 * Must not be used to choose members: it is for finding out who else does.
 */
import { items, type JsonObject, optionalObject, requiredString, stringMap } from './decode.ts';

export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly Requirement[];
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** Undefined where there is none: that takes in nothing, an empty one everything. Throws a DecodeError. */
export function decodeLabelSelector(parent: JsonObject | undefined, key: string): LabelSelector | undefined {
  const selector = optionalObject(parent, key, 'spec');
  if (selector === undefined) return undefined;
  return {
    matchLabels: stringMap(selector, 'matchLabels', 'selector'),
    matchExpressions: items(selector, 'matchExpressions', 'selector', (requirement) => ({
      key: requiredString(requirement, 'key', ''),
      operator: requiredString(requirement, 'operator', ''),
      values: Array.isArray(requirement.values)
        ? requirement.values.filter((value) => typeof value === 'string')
        : [],
    })),
  };
}

/** `without`: what it asks of this label is left out of account. */
export function takesIn(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
  without?: string,
): boolean {
  if (selector === undefined) return false;
  const { matchLabels, matchExpressions } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => key === without || labels[key] === value) &&
    matchExpressions.every(
      (requirement) => requirement.key === without || isMet(requirement, labels[requirement.key]),
    )
  );
}

/** Whether it asks anything of this label. */
export function asksFor(selector: LabelSelector | undefined, key: string): boolean {
  if (selector === undefined) return false;
  return (
    key in selector.matchLabels || selector.matchExpressions.some((requirement) => requirement.key === key)
  );
}

function isMet({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
