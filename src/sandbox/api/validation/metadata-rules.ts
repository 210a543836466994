/**
 * Owns the rules of metadata, the same for every kind (apimachinery pkg/api/validation/objectmeta.go). Pure.
 */
import type { FieldProblem } from '../field-problem.ts';
import { limits } from '../limits.ts';
import type { ResourceType } from '../resource-types.ts';
import type { ObjectMetadata, StoredObject } from '../stored-object.ts';
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  labelValueProblem,
  pathSegmentProblem,
  qualifiedNameProblem,
} from './name-rules.ts';

type NameRule = (name: string) => string | undefined;

const NAME_RULES: Readonly<Record<string, NameRule>> = {
  namespaces: dnsLabelProblem,
  services: dnsLabelProblem,
};

function nameRuleOf(type: ResourceType): NameRule {
  if (type.group === 'rbac.authorization.k8s.io') return pathSegmentProblem;
  return NAME_RULES[type.storageKey] ?? dnsSubdomainProblem;
}

export function metadataProblems(type: ResourceType, metadata: ObjectMetadata): readonly FieldProblem[] {
  const { name } = metadata;
  const note = name === '' ? undefined : nameRuleOf(type)(name);
  const problems: FieldProblem[] = [];
  if (name === '')
    problems.push({ kind: 'required', field: 'metadata.name', note: 'name or generateName is required' });
  if (note !== undefined) problems.push({ kind: 'invalid', field: 'metadata.name', value: name, note });
  return [
    ...problems,
    ...labelProblems('metadata.labels', metadata.labels ?? {}),
    ...annotationProblems(metadata.annotations ?? {}),
    ...ownerProblems(metadata),
    ...finalizerProblems(metadata.finalizers ?? []),
  ];
}

export function labelProblems(
  field: string,
  labels: Readonly<Record<string, string>>,
): readonly FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const problems: FieldProblem[] = [];
    const keyNote = qualifiedNameProblem(key);
    const valueNote = labelValueProblem(value);
    if (keyNote !== undefined) problems.push({ kind: 'invalid', field, value: key, note: keyNote });
    if (valueNote !== undefined) problems.push({ kind: 'invalid', field, value, note: valueNote });
    return problems;
  });
}

function annotationProblems(annotations: Readonly<Record<string, string>>): readonly FieldProblem[] {
  const field = 'metadata.annotations';
  const problems: FieldProblem[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    const note = qualifiedNameProblem(key.toLowerCase());
    if (note !== undefined) problems.push({ kind: 'invalid', field, value: key, note });
    bytes += key.length + value.length;
  }
  if (bytes > limits.annotationsBytes) {
    problems.push({
      kind: 'invalid',
      field,
      value: '',
      note: `may not be more than ${limits.annotationsBytes} bytes`,
    });
  }
  return problems;
}

function ownerProblems(metadata: ObjectMetadata): readonly FieldProblem[] {
  const field = 'metadata.ownerReferences';
  const owners = metadata.ownerReferences ?? [];
  const problems: FieldProblem[] = [];
  for (const owner of owners) {
    for (const part of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (!owner[part])
        problems.push({
          kind: 'invalid',
          field: `${field}.${part}`,
          value: owner[part] ?? '',
          note: part === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
        });
    }
  }
  if (owners.filter((owner) => owner.controller === true).length > 1) {
    const note = 'Only one reference can have Controller set to true';
    problems.push({ kind: 'invalid', field, value: owners, note });
  }
  return problems;
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

function finalizerProblems(finalizers: readonly string[]): readonly FieldProblem[] {
  return finalizers.flatMap((finalizer, index): readonly FieldProblem[] => {
    const note = qualifiedNameProblem(finalizer);
    if (note !== undefined)
      return [{ kind: 'invalid', field: 'metadata.finalizers', value: finalizer, note }];
    if (finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return [];
    const unqualified = 'name is neither a standard finalizer name nor is it fully qualified';
    return [{ kind: 'invalid', field: `metadata.finalizers[${index}]`, value: finalizer, note: unqualified }];
  });
}

/** `asked` is what the writer sent: uid and creation time may be left out, but not changed. */
export function metadataUpdateProblems(
  current: StoredObject,
  asked: StoredObject,
  next: StoredObject,
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { uid } = asked.metadata;
  if (uid !== '' && uid !== current.metadata.uid) {
    problems.push({ kind: 'invalid', field: 'metadata.uid', value: uid, note: 'field is immutable' });
  }
  const { deletionTimestamp } = asked.metadata;
  if (deletionTimestamp !== undefined && deletionTimestamp !== current.metadata.deletionTimestamp) {
    const field = 'metadata.deletionTimestamp';
    problems.push({ kind: 'invalid', field, value: deletionTimestamp, note: 'field is immutable' });
  }
  const before = current.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.includes(finalizer));
  if (current.metadata.deletionTimestamp !== undefined && added.length > 0) {
    const note = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((each) => JSON.stringify(each)).join(', ')}}`;
    problems.push({ kind: 'forbidden', field: 'metadata.finalizers', note });
  }
  return problems;
}
