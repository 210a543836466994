/**
 * Owns the order in which a custom resource is judged: its schema first, its rules where that makes sense, and in an update
 * only what the update touches. Must not know how either judges.
 * (apiextensions-apiserver pkg/registry/customresource/strategy.go and status_strategy.go)
 */
import type { FieldProblem } from '../field-problem.ts';
import type { JsonObject } from '../json.ts';
import { isUnchanged } from './correlation.ts';
import type { LocatedProblem } from './located-problem.ts';
import { hasRules, ruleProblems } from './rules.ts';
import { duplicateProblems, schemaProblems } from './schema-problems.ts';

export function newObjectProblems(schema: JsonObject, object: JsonObject): readonly FieldProblem[] {
  if (Object.keys(schema).length === 0) return [];
  const found = problemsIn([...schemaProblems(schema, object), ...duplicateProblems(schema, object)]);
  return withRules(schema, found, () => problemsIn(ruleProblems(schema, object, undefined)));
}

export function updateProblems(
  schema: JsonObject,
  before: JsonObject,
  now: JsonObject,
  part: 'status' | 'all',
): readonly FieldProblem[] {
  if (Object.keys(schema).length === 0) return [];
  const isTouched = ({ path }: LocatedProblem) => !isUnchanged(schema, before, now, path);
  const concerns = ({ path }: LocatedProblem) => part === 'all' || path[0] === 'status';
  const duplicates = duplicateProblems(schema, before).length > 0 ? [] : duplicateProblems(schema, now);
  const found = [...schemaProblems(schema, now).filter(concerns).filter(isTouched), ...duplicates];
  return withRules(schema, problemsIn(found), () =>
    problemsIn(
      ruleProblems(schema, now, before).filter((problem) => problem.usesOldSelf || isTouched(problem)),
    ),
  );
}

function problemsIn(located: readonly LocatedProblem[]): readonly FieldProblem[] {
  return located.map(({ problem }) => problem);
}

/** Problems after which rules, which rely on types and sizes, are not evaluated. */
const blocking: readonly FieldProblem['kind'][] = [
  'unsupported',
  'required',
  'tooLong',
  'tooMany',
  'mistyped',
];

const unchecked: FieldProblem = {
  kind: 'invalid',
  field: '<nil>',
  value: null,
  note: 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

function withRules(
  schema: JsonObject,
  found: readonly FieldProblem[],
  rules: () => readonly FieldProblem[],
): readonly FieldProblem[] {
  if (!hasRules(schema)) return found;
  return found.some(({ kind }) => blocking.includes(kind)) ? [...found, unchecked] : [...found, ...rules()];
}
