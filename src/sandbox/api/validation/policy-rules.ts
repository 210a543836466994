/**
 * Owns the rules of the small kinds: Leases, events, role bindings, CRDs. Pure.
 */

import { ruleDefinitionProblems } from '../custom/rules.ts';
import type { FieldProblem } from '../field-problem.ts';
import { at, isJsonObject, type Json, jsonEquals, listAt, numberAt, objectAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { qualifiedNameProblem } from './name-rules.ts';
import { notNegative } from './pod-rules.ts';

/** pkg/apis/coordination/validation/validation.go */
export function leaseProblems(lease: StoredObject): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const duration = numberAt(lease, 'spec', 'leaseDurationSeconds');
  if (duration !== undefined && duration <= 0) {
    problems.push({
      kind: 'invalid',
      field: 'spec.leaseDurationSeconds',
      value: duration,
      note: 'must be greater than 0',
    });
  }
  const transitions = numberAt(lease, 'spec', 'leaseTransitions') ?? 0;
  if (transitions < 0) problems.push(notNegative('spec.leaseTransitions', transitions));
  return problems;
}

/** pkg/apis/core/validation/events.go: an event with an eventTime is of the newer sort, which has to say more. */
export function eventProblems(event: StoredObject): readonly FieldProblem[] {
  const about = stringAt(event, 'involvedObject', 'namespace') ?? '';
  const namespace = event.metadata.namespace ?? '';
  const problems: FieldProblem[] = stringAt(event, 'eventTime') === undefined ? [] : newEventProblems(event);
  if (about !== namespace && !(about === '' && namespace === 'default')) {
    const note = 'does not match event.namespace';
    problems.push({ kind: 'invalid', field: 'involvedObject.namespace', value: about, note });
  }
  return problems;
}

const EVENT_TYPES = ['Normal', 'Warning'];

function newEventProblems(event: StoredObject): FieldProblem[] {
  const missing = ['reportingComponent', 'reportingInstance', 'action', 'reason'].filter(
    (field) => (stringAt(event, field) ?? '') === '',
  );
  const problems: FieldProblem[] = missing.map((field) => ({ kind: 'required', field }));
  const component = stringAt(event, 'reportingComponent') ?? '';
  const note = qualifiedNameProblem(component);
  if (note !== undefined)
    problems.push({ kind: 'invalid', field: 'reportingComponent', value: component, note });
  const type = stringAt(event, 'type') ?? '';
  if (!EVENT_TYPES.includes(type)) {
    problems.push({ kind: 'invalid', field: 'type', value: type, note: `has invalid value: ${type}` });
  }
  return problems;
}

const ROLE_KINDS = ['Role', 'ClusterRole'];

/** pkg/apis/rbac/validation/validation.go */
export function bindingProblems(binding: StoredObject): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const kind = stringAt(binding, 'roleRef', 'kind') ?? '';
  const supported = binding.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ROLE_KINDS;
  if (!supported.includes(kind))
    problems.push({ kind: 'unsupported', field: 'roleRef.kind', value: kind, supported });
  if ((stringAt(binding, 'roleRef', 'name') ?? '') === '')
    problems.push({ kind: 'required', field: 'roleRef.name' });
  for (const [index, subject] of listAt(binding, 'subjects').entries()) {
    if ((stringAt(subject, 'name') ?? '') === '')
      problems.push({ kind: 'required', field: `subjects[${index}].name` });
    // In a namespaced binding the account is of the binding's own namespace.
    const isClusterWide = binding.kind === 'ClusterRoleBinding';
    if (
      isClusterWide &&
      stringAt(subject, 'kind') === 'ServiceAccount' &&
      (stringAt(subject, 'namespace') ?? '') === ''
    ) {
      problems.push({ kind: 'required', field: `subjects[${index}].namespace` });
    }
  }
  return problems;
}

export function bindingUpdateProblems(current: StoredObject, next: StoredObject): readonly FieldProblem[] {
  if (jsonEquals(current.roleRef, next.roleRef)) return [];
  return [{ kind: 'invalid', field: 'roleRef', value: next.roleRef, note: 'cannot change roleRef' }];
}

/** apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go */
export function crdProblems(crd: StoredObject): readonly FieldProblem[] {
  const spec = objectAt(crd, 'spec');
  const problems: FieldProblem[] = [];
  for (const path of [['group'], ['scope'], ['names', 'plural'], ['names', 'kind']]) {
    if ((stringAt(spec, ...path) ?? '') === '')
      problems.push({ kind: 'required', field: `spec.${path.join('.')}` });
  }
  const expected = `${stringAt(spec, 'names', 'plural') ?? ''}.${stringAt(spec, 'group') ?? ''}`;
  if (crd.metadata.name !== expected) {
    const note = 'must be spec.names.plural+"."+spec.group';
    problems.push({ kind: 'invalid', field: 'metadata.name', value: crd.metadata.name, note });
  }
  const versions = listAt(spec, 'versions');
  if (versions.filter((version) => at(version, 'storage') === true).length !== 1) {
    const note = 'must have exactly one version marked as storage version';
    problems.push({
      kind: 'invalid',
      field: 'spec.versions',
      value: versions.map((version) => stringAt(version, 'name') ?? ''),
      note,
    });
  }
  return [...problems, ...schemaDefinitionProblems(versions)];
}

function schemaDefinitionProblems(versions: readonly Json[]): readonly FieldProblem[] {
  const schemas = versions.map((version) => at(version, 'schema', 'openAPIV3Schema'));
  // What all versions have in common is one thing in the real server's own form of a CRD, with a place of its own.
  const isOne = schemas.every((schema) => jsonEquals(schema, schemas[0]));
  return (isOne ? schemas.slice(0, 1) : schemas).flatMap((schema, index): readonly FieldProblem[] => {
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    if (!isJsonObject(schema)) return [{ kind: 'required', field, note: 'schemas are required' }];
    return ruleDefinitionProblems(schema, isOne ? 'spec.validation.openAPIV3Schema' : field);
  });
}
