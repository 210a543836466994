/**
 * Owns the rules of PodDisruptionBudgets (kubernetes pkg/apis/policy/validation/validation.go). Pure.
 * Must not look at pods: whether a budget makes sense for them is the disruption controller's finding.
 */
import type { FieldProblem } from '../field-problem.ts';
import { at, type Json, listAt, objectAt, stringAt, stringsAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { labelProblems } from './metadata-rules.ts';
import { labelValueProblem, qualifiedNameProblem } from './name-rules.ts';
import { notNegative } from './pod-rules.ts';

const UNHEALTHY_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

export function budgetProblems(budget: StoredObject): readonly FieldProblem[] {
  const spec = objectAt(budget, 'spec');
  const problems: FieldProblem[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const note = 'minAvailable and maxUnavailable cannot be both set';
    problems.push({ kind: 'invalid', field: 'spec', value: spec, note });
  }
  for (const bound of ['minAvailable', 'maxUnavailable'])
    problems.push(...boundProblems(`spec.${bound}`, at(spec, bound)));
  problems.push(...selectorProblems('spec.selector', spec.selector));
  const value = stringAt(spec, 'unhealthyPodEvictionPolicy');
  if (value !== undefined && !UNHEALTHY_POLICIES.includes(value)) {
    const field = 'spec.unhealthyPodEvictionPolicy';
    problems.push({ kind: 'unsupported', field, value, supported: UNHEALTHY_POLICIES });
  }
  return problems;
}

const NO_PERCENTAGE =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

function boundProblems(field: string, value: Json | undefined): readonly FieldProblem[] {
  if (typeof value === 'number') return value < 0 ? [notNegative(field, value)] : [];
  if (typeof value !== 'string') return [];
  const note = !/^[0-9]+%$/.test(value)
    ? NO_PERCENTAGE
    : Number.parseInt(value, 10) > 100
      ? 'must not be greater than 100%'
      : undefined;
  return note === undefined ? [] : [{ kind: 'invalid', field, value, note }];
}

/** apimachinery pkg/apis/meta/v1/validation ValidateLabelSelector. */
function selectorProblems(field: string, selector: Json | undefined): readonly FieldProblem[] {
  return [
    ...labelProblems(`${field}.matchLabels`, stringsAt({ selector }, 'selector', 'matchLabels')),
    ...listAt({ selector }, 'selector', 'matchExpressions').flatMap((expression, index) =>
      expressionProblems(`${field}.matchExpressions[${index}]`, expression),
    ),
  ];
}

function expressionProblems(field: string, expression: Json): readonly FieldProblem[] {
  const values = listAt(expression, 'values').map(String);
  const key = stringAt(expression, 'key') ?? '';
  const keyNote = qualifiedNameProblem(key);
  const problems = [...operatorProblems(field, stringAt(expression, 'operator') ?? '', values)];
  if (keyNote !== undefined)
    problems.push({ kind: 'invalid', field: `${field}.key`, value: key, note: keyNote });
  for (const [index, value] of values.entries()) {
    const note = labelValueProblem(value);
    if (note !== undefined)
      problems.push({ kind: 'invalid', field: `${field}.values[${index}]`, value, note });
  }
  return problems;
}

function operatorProblems(
  field: string,
  operator: string,
  values: readonly string[],
): readonly FieldProblem[] {
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const note = "must be specified when `operator` is 'In' or 'NotIn'";
      return values.length === 0 ? [{ kind: 'required', field: `${field}.values`, note }] : [];
    }
    case 'Exists':
    case 'DoesNotExist': {
      const note = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return values.length > 0 ? [{ kind: 'forbidden', field: `${field}.values`, note }] : [];
    }
    default: {
      const note = 'not a valid selector operator';
      return [{ kind: 'invalid', field: `${field}.operator`, value: operator, note }];
    }
  }
}
