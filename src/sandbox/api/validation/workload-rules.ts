/**
 * Owns the rules of ReplicaSets and Deployments (kubernetes pkg/apis/apps/validation/validation.go). Pure.
 */
import type { FieldProblem } from '../field-problem.ts';
import { isJsonObject, jsonEquals, numberAt, objectAt, stringAt, stringsAt } from '../json.ts';
import { matchesLabels, selectorOfObject } from '../label-selector.ts';
import type { StoredObject } from '../stored-object.ts';
import { labelProblems } from './metadata-rules.ts';
import { deletionCostProblems, notNegative, podSpecProblems } from './pod-rules.ts';

export function workloadProblems(object: StoredObject): readonly FieldProblem[] {
  const spec = objectAt(object, 'spec');
  const problems: FieldProblem[] = [];
  for (const field of ['replicas', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']) {
    const value = numberAt(spec, field) ?? 0;
    if (value < 0) problems.push(notNegative(`spec.${field}`, value));
  }
  return [...problems, ...selectorProblems(object), ...templateProblems(object)];
}

function selectorProblems(object: StoredObject): readonly FieldProblem[] {
  const field = 'spec.selector';
  const selector = objectAt(object, 'spec').selector;
  const labels = stringsAt(object, 'spec', 'template', 'metadata', 'labels');
  const mismatch: FieldProblem = {
    kind: 'invalid',
    field: 'spec.template.metadata.labels',
    value: labels,
    note: '`selector` does not match template `labels`',
  };
  if (selector === undefined) return [{ kind: 'required', field }, mismatch];
  const requirements = selectorOfObject(selector);
  if (requirements.length === 0) {
    return [
      {
        kind: 'invalid',
        field,
        value: selector,
        note: `empty selector is invalid for ${object.kind.toLowerCase()}`,
      },
    ];
  }
  return matchesLabels(requirements, labels) ? [] : [mismatch];
}

function templateProblems(object: StoredObject): readonly FieldProblem[] {
  const template = objectAt(object, 'spec').template;
  if (!isJsonObject(template)) return [{ kind: 'required', field: 'spec.template' }];
  const spec = objectAt(template, 'spec');
  const problems = [
    ...labelProblems('spec.template.labels', stringsAt(template, 'metadata', 'labels')),
    ...deletionCostProblems(stringsAt(template, 'metadata', 'annotations'), 'spec.template.annotations'),
    ...podSpecProblems(spec, 'spec.template.spec'),
  ];
  const policy = stringAt(spec, 'restartPolicy') ?? 'Always';
  if (policy !== 'Always') {
    problems.push({
      kind: 'unsupported',
      field: 'spec.template.spec.restartPolicy',
      value: policy,
      supported: ['Always'],
    });
  }
  return problems;
}

export function workloadUpdateProblems(current: StoredObject, next: StoredObject): readonly FieldProblem[] {
  const selector = objectAt(next, 'spec').selector;
  if (jsonEquals(objectAt(current, 'spec').selector, selector)) return [];
  return [{ kind: 'invalid', field: 'spec.selector', value: selector, note: 'field is immutable' }];
}
