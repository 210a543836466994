/**
 * Owns label selectors: the query string's grammar, the object form, and matching.
 * Must not touch the store. (apimachinery pkg/labels/selector.go; metav1.LabelSelector)
 */
import { badRequest } from './api-error.ts';
import { listAt, stringAt, stringsAt } from './json.ts';

export type LabelRequirement =
  | { readonly kind: 'in'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'notIn'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'exists'; readonly key: string }
  | { readonly kind: 'missing'; readonly key: string }
  | { readonly kind: 'greater'; readonly key: string; readonly than: number }
  | { readonly kind: 'less'; readonly key: string; readonly than: number };

/** All must hold. An empty one matches everything. */
export type LabelSelector = readonly LabelRequirement[];

type Labels = Readonly<Record<string, string>>;

export function matchesLabels(selector: LabelSelector, labels: Labels | undefined): boolean {
  return selector.every((requirement) => meets(requirement, labels ?? {}));
}

function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.kind) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notIn':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'missing':
      return value === undefined;
    case 'greater':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > requirement.than;
    case 'less':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < requirement.than;
  }
}

/** Every given label must be there with that value. */
export function selectorOfLabels(labels: Labels): LabelSelector {
  return Object.entries(labels).map(([key, value]) => ({ kind: 'in', key, values: [value] }));
}

/** The object form, as in a ReplicaSet's or a PodDisruptionBudget's spec.selector. */
export function selectorOfObject(selector: unknown): LabelSelector {
  const byLabels = selectorOfLabels(stringsAt(selector, 'matchLabels'));
  return [...byLabels, ...listAt(selector, 'matchExpressions').map(requirementOfExpression)];
}

function requirementOfExpression(expression: unknown): LabelRequirement {
  const key = stringAt(expression, 'key') ?? '';
  const values = listAt(expression, 'values').map(String);
  const operator = stringAt(expression, 'operator');
  switch (operator) {
    case 'In':
      return { kind: 'in', key, values };
    case 'NotIn':
      return { kind: 'notIn', key, values };
    case 'Exists':
      return { kind: 'exists', key };
    case 'DoesNotExist':
      return { kind: 'missing', key };
    default:
      throw badRequest(`${JSON.stringify(operator ?? '')} is not a valid label selector operator`);
  }
}

const KEY = `[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s+\(([^()]*)\)$`);
const EQUALITY = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const ORDER = new RegExp(String.raw`^(${KEY})\s*(>|<)\s*(-?\d+)$`);
const PRESENCE = new RegExp(String.raw`^(!?)\s*(${KEY})$`);
const VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** @throws ApiError 400 on what the grammar does not know. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.trim() === '') return [];
  return splitOutsideParentheses(text).map((part) => parseRequirement(part.trim(), text));
}

function splitOutsideParentheses(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function parseRequirement(part: string, whole: string): LabelRequirement {
  const set = SET.exec(part);
  if (set?.[1] !== undefined) {
    const values = (set[3] ?? '').split(',').map((value) => checkedValue(value.trim(), whole));
    return { kind: set[2] === 'in' ? 'in' : 'notIn', key: set[1], values };
  }
  const equality = EQUALITY.exec(part);
  if (equality?.[1] !== undefined) {
    const values = [checkedValue(equality[3] ?? '', whole)];
    return { kind: equality[2] === '!=' ? 'notIn' : 'in', key: equality[1], values };
  }
  const order = ORDER.exec(part);
  if (order?.[1] !== undefined) {
    return { kind: order[2] === '>' ? 'greater' : 'less', key: order[1], than: Number(order[3]) };
  }
  const presence = PRESENCE.exec(part);
  if (presence?.[2] !== undefined)
    return { kind: presence[1] === '!' ? 'missing' : 'exists', key: presence[2] };
  throw unparsable(whole, `found ${JSON.stringify(part)}, expected: a label key with an operator`);
}

function checkedValue(value: string, whole: string): string {
  if (value.length > 63 || !VALUE.test(value))
    throw unparsable(whole, `invalid label value: ${JSON.stringify(value)}`);
  return value;
}

function unparsable(selector: string, why: string): Error {
  return badRequest(`unable to parse requirement: ${why} in ${JSON.stringify(selector)}`);
}
