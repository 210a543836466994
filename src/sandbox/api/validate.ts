/**
 * Owns the choice of the rules that an object must meet, by kind. The rules themselves are in validation/. Pure.
 */
import { invalid } from './api-error.ts';
import { newObjectProblems, updateProblems } from './custom/custom-problems.ts';
import type { FieldProblem } from './field-problem.ts';
import { frozenObject } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import type { StoredObject } from './stored-object.ts';
import type { WritableSubresource } from './strategies.ts';
import { budgetProblems } from './validation/budget-rules.ts';
import { endpointsProblems } from './validation/endpoints-rules.ts';
import { metadataProblems, metadataUpdateProblems } from './validation/metadata-rules.ts';
import { podProblems, podUpdateProblems } from './validation/pod-rules.ts';
import {
  bindingProblems,
  bindingUpdateProblems,
  crdProblems,
  eventProblems,
  leaseProblems,
} from './validation/policy-rules.ts';
import { serviceProblems, serviceUpdateProblems } from './validation/service-rules.ts';
import { sliceProblems, sliceUpdateProblems } from './validation/slice-rules.ts';
import { workloadProblems, workloadUpdateProblems } from './validation/workload-rules.ts';

interface Rules {
  readonly always: (object: StoredObject) => readonly FieldProblem[];
  readonly onUpdate?: (current: StoredObject, next: StoredObject) => readonly FieldProblem[];
}

const workload: Rules = { always: workloadProblems, onUpdate: workloadUpdateProblems };
const roleBinding: Rules = { always: bindingProblems, onUpdate: bindingUpdateProblems };

const RULES: Readonly<Record<string, Rules>> = {
  pods: { always: podProblems, onUpdate: podUpdateProblems },
  'replicasets.apps': workload,
  'deployments.apps': workload,
  services: { always: serviceProblems, onUpdate: serviceUpdateProblems },
  endpoints: { always: endpointsProblems },
  'endpointslices.discovery.k8s.io': { always: sliceProblems, onUpdate: sliceUpdateProblems },
  'leases.coordination.k8s.io': { always: leaseProblems },
  'poddisruptionbudgets.policy': { always: budgetProblems },
  events: { always: eventProblems },
  'rolebindings.rbac.authorization.k8s.io': roleBinding,
  'clusterrolebindings.rbac.authorization.k8s.io': roleBinding,
  'customresourcedefinitions.apiextensions.k8s.io': { always: crdProblems },
};

/** @throws ApiError 422 naming every problem. */
export function validateNew(type: ResourceType, object: StoredObject): void {
  refuse(type, object, [...metadataProblems(type, object.metadata), ...contentProblems(type, object)]);
}

function contentProblems(type: ResourceType, object: StoredObject): readonly FieldProblem[] {
  if (type.customSchema !== undefined) return newObjectProblems(type.customSchema, frozenObject(object));
  return RULES[type.storageKey]?.always(object) ?? [];
}

/**
 * `asked` is what the writer sent, `next` what is to be stored.
 * @throws ApiError 422 naming every problem.
 */
export function validateUpdate(
  type: ResourceType,
  current: StoredObject,
  asked: StoredObject,
  next: StoredObject,
  subresource: WritableSubresource | undefined,
): void {
  checkConditional(type, asked);
  const problems = [
    ...metadataUpdateProblems(current, asked, next),
    ...metadataProblems(type, next.metadata),
  ];
  if (type.customSchema !== undefined) {
    const part = subresource === 'status' ? 'status' : 'all';
    problems.push(...updateProblems(type.customSchema, frozenObject(current), frozenObject(next), part));
  } else if (subresource !== 'status') {
    problems.push(...contentProblems(type, next));
  }
  if (subresource === undefined) problems.push(...(RULES[type.storageKey]?.onUpdate?.(current, next) ?? []));
  refuse(type, next, problems);
}

/** This check, unlike all others, names the resource where the kind belongs. */
function checkConditional(type: ResourceType, asked: StoredObject): void {
  if (type.unconditionalUpdate || asked.metadata.resourceVersion !== '') return;
  const note = 'must be specified for an update';
  throw invalid({ ...type, kind: type.plural }, asked.metadata.name, [
    { kind: 'invalid', field: 'metadata.resourceVersion', value: 0, note },
  ]);
}

function refuse(type: ResourceType, object: StoredObject, problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw invalid(type, object.metadata.name, problems);
}
