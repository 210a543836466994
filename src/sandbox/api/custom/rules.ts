/**
 * Owns a schema's rules in the Common Expression Language (x-kubernetes-validations): which of them an object breaks, and
 * which can't be evaluated here at all. Must not check types and ranges: schema-problems.ts does.
 * (apiextensions-apiserver pkg/apiserver/schema/cel/validation.go)
 */
import { createRequire } from 'node:module';
import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { type FieldProblem, omitted } from '../field-problem.ts';
import {
  at,
  booleanAt,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  listAt,
  stringAt,
} from '../json.ts';
import { CompiledOnce } from './compiled-once.ts';
import { oldChildOf } from './correlation.ts';
import { childAt, fieldOf, type LocatedProblem, type Step } from './located-problem.ts';
import { allSchemas, childSchema, open } from './schema-nodes.ts';

interface CompiledRule {
  readonly text: string;
  readonly program: ParseResult;
  readonly usesOldSelf: boolean;
  readonly message: string;
  readonly messageProgram: ParseResult | undefined;
  readonly reason: string;
  readonly fieldPath: string;
}

interface Environments {
  readonly withOldSelf: Environment;
  readonly withoutOldSelf: Environment;
}

let environments: Environments | undefined;

/** Loaded with the first rule. */
function loadEnvironments(): Environments {
  if (environments !== undefined) return environments;
  const cel: typeof import('@marcbachmann/cel-js') = createRequire(import.meta.url)('@marcbachmann/cel-js');
  const withoutOldSelf = new cel.Environment().registerVariable('self', 'dyn');
  const withOldSelf = new cel.Environment()
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', 'dyn');
  environments = { withOldSelf, withoutOldSelf };
  return environments;
}

const rules = new CompiledOnce((schema) => listAt(schema, 'x-kubernetes-validations').map(compile));

function compile(rule: Json): CompiledRule {
  const { withOldSelf, withoutOldSelf } = loadEnvironments();
  const text = stringAt(rule, 'rule') ?? '';
  const messageExpression = stringAt(rule, 'messageExpression');
  return {
    text,
    program: withOldSelf.parse(text),
    // What only compiles where oldSelf is declared speaks of it.
    usesOldSelf: !withoutOldSelf.check(text).valid,
    message: stringAt(rule, 'message')?.trim() ?? '',
    messageProgram: messageExpression === undefined ? undefined : withOldSelf.parse(messageExpression),
    reason: stringAt(rule, 'reason') ?? '',
    fieldPath: stringAt(rule, 'fieldPath') ?? '',
  };
}

export function hasRules(schema: JsonObject): boolean {
  return allSchemas(schema, '').some(([, each]) => listAt(each, 'x-kubernetes-validations').length > 0);
}

export interface RuleProblem extends LocatedProblem {
  /** Of a rule about changes: that a value is as it was excuses nothing. */
  readonly usesOldSelf: boolean;
}

/** Of an object whose types are right. `before` is undefined for a new one: rules about changes are left out then. */
export function ruleProblems(
  schema: JsonObject,
  now: Json,
  before: Json | undefined,
  path: readonly Step[] = [],
): readonly RuleProblem[] {
  if (now === null) return [];
  const own = rules.of(schema).flatMap((rule) => {
    if (rule.usesOldSelf && (before === undefined || before === null)) return [];
    const problem = problemOf(rule, schema, now, before, path);
    return problem === undefined ? [] : [{ path, problem, usesOldSelf: rule.usesOldSelf }];
  });
  const steps: readonly Step[] = isJsonList(now)
    ? [...now.keys()]
    : isJsonObject(now)
      ? Object.keys(now)
      : [];
  const below = steps.flatMap((step) => {
    const known = childSchema(schema, step);
    const child = childAt(now, step);
    if (known === undefined || known === open || child === undefined) return [];
    return ruleProblems(known, child, oldChildOf(schema, before, step, child), [...path, step]);
  });
  return [...own, ...below];
}

function problemOf(
  rule: CompiledRule,
  schema: JsonObject,
  now: Json,
  before: Json | undefined,
  path: readonly Step[],
): FieldProblem | undefined {
  const context = { self: celValue(schema, now), oldSelf: celValue(schema, before ?? null) };
  // The API server writes the path of the whole object so.
  const root = path.length === 0 ? '<nil>' : fieldOf(path);
  const value = typeof now === 'object' ? omitted : now;
  try {
    const outcome: unknown = rule.program(context);
    if (outcome === true) return undefined;
  } catch (error) {
    const why = firstLine(error);
    return {
      kind: 'invalid',
      field: root,
      value,
      note: `${why} evaluating rule: ${rule.message || rule.text}`,
    };
  }
  const field = path.length === 0 ? rule.fieldPath.replace(/^\./, '') || root : `${root}${rule.fieldPath}`;
  return broken(rule, field, value, messageOf(rule, context));
}

function broken(rule: CompiledRule, field: string, value: unknown, note: string): FieldProblem {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { kind: 'forbidden', field, note };
    case 'FieldValueRequired':
      return { kind: 'required', field, note };
    case 'FieldValueDuplicate':
      return { kind: 'duplicate', field, value };
    default:
      return { kind: 'invalid', field, value, note };
  }
}

function messageOf(rule: CompiledRule, context: Readonly<Record<string, unknown>>): string {
  try {
    const message: unknown = rule.messageProgram?.(context);
    if (typeof message === 'string' && message.trim() !== '') return message.trim();
  } catch {
    // As in the API server: a message that can't be made is replaced by the one that stands beside it.
  }
  return rule.message === '' ? `failed rule: ${rule.text.trim()}` : rule.message;
}

/** The lines after it show the place in the rule. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}

/** Integers of the schema are CEL's int, all other numbers its double. */
function celValue(schema: JsonObject, value: Json): unknown {
  if (typeof value === 'number') return takesIntegers(schema) ? BigInt(value) : value;
  if (isJsonList(value)) return value.map((item) => celValue(childSchema(schema, 0) ?? open, item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, child]) => [
      field,
      celValue(childSchema(schema, field) ?? open, child ?? null),
    ]),
  );
}

function takesIntegers(schema: JsonObject): boolean {
  return schema.type === 'integer' || booleanAt(schema, 'x-kubernetes-int-or-string') === true;
}

/**
 * What keeps the rules of a definition from being evaluated, with `place` as the path of its schema: an error in them, or
 * something that Kubernetes' CEL has and this sandbox's has not. Such a definition is refused, not half obeyed.
 */
export function ruleDefinitionProblems(schema: JsonObject, place: string): readonly FieldProblem[] {
  return allSchemas(schema, place).flatMap(([where, each]) =>
    listAt(each, 'x-kubernetes-validations').flatMap((rule, index) =>
      definitionProblems(rule, `${where}.x-kubernetes-validations[${index}]`),
    ),
  );
}

function definitionProblems(rule: Json, place: string): readonly FieldProblem[] {
  const field = `${place}.rule`;
  const text = stringAt(rule, 'rule') ?? '';
  if (text.trim() === '') return [{ kind: 'required', field, note: 'rule is not specified' }];
  if (at(rule, 'optionalOldSelf') !== undefined)
    return [{ kind: 'forbidden', field: `${place}.optionalOldSelf`, note: 'this sandbox does not know it' }];
  const { valid, error, type = '' } = loadEnvironments().withOldSelf.check(text);
  if (!valid) {
    const note = `compilation failed: ${firstLine(error)} (this sandbox knows the language as @marcbachmann/cel-js does)`;
    return [{ kind: 'invalid', field, value: rule, note }];
  }
  if (type === 'bool' || type === 'dyn') return [];
  return [{ kind: 'invalid', field, value: rule, note: 'cel expression must evaluate to a bool' }];
}
