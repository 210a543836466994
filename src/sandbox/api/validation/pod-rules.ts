/**
 * Owns the rules of a pod's spec and of what may change in it (kubernetes pkg/apis/core/validation/validation.go). Pure.
 */

import { DELETION_COST, deletionCost } from '../deletion-cost.ts';
import type { FieldProblem } from '../field-problem.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  jsonEquals,
  listAt,
  numberAt,
  objectAt,
  stringAt,
} from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { dnsLabelProblem, portProblem } from './name-rules.ts';

export function podProblems(pod: StoredObject): readonly FieldProblem[] {
  return [
    ...deletionCostProblems(pod.metadata.annotations, 'metadata.annotations'),
    ...podSpecProblems(objectAt(pod, 'spec'), 'spec'),
  ];
}

export function deletionCostProblems(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): readonly FieldProblem[] {
  if (deletionCost(annotations) !== undefined) return [];
  const value = annotations?.[DELETION_COST];
  return [{ kind: 'invalid', field: `${field}[${DELETION_COST}]`, value, note: 'must be a 32bit integer' }];
}

/** Specs that were found valid: an unchanged one is not looked at again. */
const valid = new WeakSet<JsonObject>();

export function podSpecProblems(spec: JsonObject, field: string): readonly FieldProblem[] {
  if (valid.has(spec)) return [];
  const containers = listAt(spec, 'containers');
  const problems: FieldProblem[] = [];
  if (containers.length === 0) problems.push({ kind: 'required', field: `${field}.containers` });
  const volumes = listAt(spec, 'volumes').map((volume) => stringAt(volume, 'name') ?? '');
  const names = new Set<string>();
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of listAt(spec, list).entries()) {
      problems.push(...containerProblems(container, `${field}.${list}[${index}]`, names, volumes));
    }
  }
  problems.push(...policyProblems(spec, field));
  if (problems.length === 0 && Object.isFrozen(spec)) valid.add(spec);
  return problems;
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];

function policyProblems(spec: JsonObject, field: string): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const policy = stringAt(spec, 'restartPolicy') ?? 'Always';
  if (!RESTART_POLICIES.includes(policy)) {
    problems.push({
      kind: 'unsupported',
      field: `${field}.restartPolicy`,
      value: policy,
      supported: RESTART_POLICIES,
    });
  }
  return problems;
}

export function notNegative(field: string, value: number): FieldProblem {
  return { kind: 'invalid', field, value, note: 'must be greater than or equal to 0' };
}

function containerProblems(
  container: Json,
  field: string,
  names: Set<string>,
  volumes: readonly string[],
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const name = stringAt(container, 'name') ?? '';
  const note = dnsLabelProblem(name);
  if (name === '') problems.push({ kind: 'required', field: `${field}.name` });
  else if (note !== undefined) problems.push({ kind: 'invalid', field: `${field}.name`, value: name, note });
  else if (names.has(name)) problems.push({ kind: 'duplicate', field: `${field}.name`, value: name });
  names.add(name);
  if ((stringAt(container, 'image') ?? '') === '')
    problems.push({ kind: 'required', field: `${field}.image` });
  return [
    ...problems,
    ...containerPortProblems(container, field),
    ...environmentProblems(container, field),
    ...mountProblems(container, field, volumes),
    ...probeProblems(container, field),
  ];
}

function containerPortProblems(container: Json, field: string): readonly FieldProblem[] {
  return listAt(container, 'ports').flatMap((port, index): readonly FieldProblem[] => {
    const number = numberAt(port, 'containerPort');
    const place = `${field}.ports[${index}].containerPort`;
    if (number === undefined || number === 0) return [{ kind: 'required' as const, field: place }];
    const note = portProblem(number);
    return note === undefined ? [] : [{ kind: 'invalid' as const, field: place, value: number, note }];
  });
}

const ENVIRONMENT_NAME = /^[ -<>-~]+$/;

function environmentProblems(container: Json, field: string): readonly FieldProblem[] {
  return listAt(container, 'env').flatMap((variable, index) => {
    const name = stringAt(variable, 'name') ?? '';
    const place = `${field}.env[${index}]`;
    const problems: FieldProblem[] = [];
    if (name === '') problems.push({ kind: 'required', field: `${place}.name` });
    else if (!ENVIRONMENT_NAME.test(name)) {
      const note =
        "a valid environment variable name must consist only of printable ASCII characters other than '='";
      problems.push({ kind: 'invalid', field: `${place}.name`, value: name, note });
    }
    if (
      isJsonObject(variable) &&
      variable.valueFrom !== undefined &&
      (stringAt(variable, 'value') ?? '') !== ''
    ) {
      const note = 'may not be specified when `value` is not empty';
      problems.push({ kind: 'invalid', field: `${place}.valueFrom`, value: '', note });
    }
    return problems;
  });
}

function mountProblems(container: Json, field: string, volumes: readonly string[]): readonly FieldProblem[] {
  return listAt(container, 'volumeMounts').flatMap((mount, index) => {
    const name = stringAt(mount, 'name') ?? '';
    const place = `${field}.volumeMounts[${index}]`;
    const problems: FieldProblem[] = [];
    if (name === '') problems.push({ kind: 'required', field: `${place}.name` });
    else if (!volumes.includes(name))
      problems.push({ kind: 'notFound', field: `${place}.name`, value: name });
    if ((stringAt(mount, 'mountPath') ?? '') === '')
      problems.push({ kind: 'required', field: `${place}.mountPath` });
    return problems;
  });
}

const PROBE_HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function probeProblems(container: Json, field: string): readonly FieldProblem[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probeField) => {
    if (!isJsonObject(container) || container[probeField] === undefined) return [];
    const probe = objectAt(container, probeField);
    const problems: FieldProblem[] = [];
    const handlers = PROBE_HANDLERS.filter((handler) => probe[handler] !== undefined);
    const place = `${field}.${probeField}`;
    if (handlers.length === 0)
      problems.push({ kind: 'required', field: place, note: 'must specify a handler type' });
    if (handlers.length > 1) {
      problems.push({
        kind: 'forbidden',
        field: `${place}.${handlers[1]}`,
        note: 'may not specify more than 1 handler type',
      });
    }
    for (const number of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'failureThreshold']) {
      const value = numberAt(probe, number) ?? 0;
      if (value < 0) problems.push(notNegative(`${place}.${number}`, value));
    }
    return problems;
  });
}

const MUTABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function podUpdateProblems(current: StoredObject, next: StoredObject): readonly FieldProblem[] {
  // The real server looks at it a second time here, and says it twice.
  const again = deletionCostProblems(next.metadata.annotations, 'metadata.annotations');
  if (current.spec === next.spec) return again;
  const before = frozenPart(objectAt(current, 'spec'));
  const after = frozenPart(objectAt(next, 'spec'));
  return jsonEquals(before, after) ? again : [...again, { kind: 'forbidden', field: 'spec', note: MUTABLE }];
}

/** A pod's spec without what may change. */
function frozenPart(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  const withoutImages = (list: readonly Json[]) =>
    list.map((item) => (isJsonObject(item) ? { ...item, image: '' } : item));
  return {
    ...rest,
    containers: withoutImages(listAt(spec, 'containers')),
    initContainers: withoutImages(listAt(spec, 'initContainers')),
  };
}
