/**
 * Owns the arithmetic and the status of PodDisruptionBudgets (kubernetes pkg/controller/disruption/disruption.go).
 * Must not evict: eviction.ts does, and asks here whether it may.
 */
import { at, jsonEquals, listAt, numberAt, objectAt, stringAt } from '../json.ts';
import { matchesLabels, selectorOfObject } from '../label-selector.ts';
import { type ResourceType, resourceTypes } from '../resource-types.ts';
import type { Store } from '../store.ts';
import { changed, type StoredObject, timestamp } from '../stored-object.ts';

export interface BudgetState {
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly disruptionsAllowed: number;
  readonly expectedPods: number;
}

export function keepBudgetStatuses(store: Store): void {
  const refreshNamespace = (namespace: string | undefined) => {
    if (namespace === undefined) return;
    for (const budget of store.list(resourceTypes.poddisruptionbudgets, { namespace }))
      refresh(store, budget);
  };
  store.subscribe(resourceTypes.pods, ({ object }) => refreshNamespace(object.metadata.namespace));
  store.subscribe(resourceTypes.poddisruptionbudgets, ({ type, object }) => {
    if (type !== 'DELETED') refreshNamespace(object.metadata.namespace);
  });
}

function refresh(store: Store, budget: StoredObject): void {
  const { namespace, name, uid } = budget.metadata;
  const current = store.get(resourceTypes.poddisruptionbudgets, namespace, name);
  if (current?.metadata.uid !== uid) return;
  const known = objectAt(current, 'status');
  const status = {
    ...known,
    ...budgetState(store, current),
    observedGeneration: current.metadata.generation ?? 1,
    conditions: conditionsFor(store, current),
  };
  if (jsonEquals(known, status)) return;
  store.update(resourceTypes.poddisruptionbudgets, changed(current, { status }), { subresource: 'status' });
}

function conditionsFor(store: Store, budget: StoredObject): readonly unknown[] {
  const allowed = budgetState(store, budget).disruptionsAllowed > 0;
  const status = allowed ? 'True' : 'False';
  const known = listAt(budget, 'status', 'conditions').find(
    (each) => stringAt(each, 'type') === 'DisruptionAllowed',
  );
  const since = stringAt(known, 'status') === status ? stringAt(known, 'lastTransitionTime') : undefined;
  return [
    {
      type: 'DisruptionAllowed',
      status,
      reason: allowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
      observedGeneration: budget.metadata.generation ?? 1,
      lastTransitionTime: since ?? timestamp(store.clock.wallTimeMs()),
    },
  ];
}

/** Budgets whose selector takes in the pod; an absent selector takes in none, an empty one all. */
export function budgetsOf(store: Store, pod: StoredObject): readonly StoredObject[] {
  const { namespace, labels } = pod.metadata;
  if (namespace === undefined) return [];
  return store.list(resourceTypes.poddisruptionbudgets, { namespace }).filter((budget) => {
    const selector = at(budget, 'spec', 'selector');
    return selector !== undefined && matchesLabels(selectorOfObject(selector), labels);
  });
}

export function budgetState(store: Store, budget: StoredObject): BudgetState {
  const selector = at(budget, 'spec', 'selector');
  const { namespace = '' } = budget.metadata;
  const pods =
    selector === undefined
      ? []
      : store
          .list(resourceTypes.pods, { namespace, labelSelector: selectorOfObject(selector) })
          .filter((pod) => !['Succeeded', 'Failed'].includes(stringAt(pod, 'status', 'phase') ?? ''));
  const { expectedPods, desiredHealthy } = expectation(store, budget, pods);
  const currentHealthy = pods.filter(isHealthy).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
}

export function isReady(pod: StoredObject): boolean {
  const conditions = listAt(pod, 'status', 'conditions');
  return conditions.some(
    (condition) => stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
  );
}

function isHealthy(pod: StoredObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && isReady(pod);
}

function expectation(
  store: Store,
  budget: StoredObject,
  pods: readonly StoredObject[],
): { readonly expectedPods: number; readonly desiredHealthy: number } {
  const maxUnavailable = at(budget, 'spec', 'maxUnavailable');
  const minAvailable = at(budget, 'spec', 'minAvailable') ?? 1;
  if (maxUnavailable !== undefined) {
    const expectedPods = scaleOfControllers(store, pods);
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - share(maxUnavailable, expectedPods)) };
  }
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable };
  const expectedPods = scaleOfControllers(store, pods);
  return { expectedPods, desiredHealthy: share(minAvailable, expectedPods) };
}

/** A number, or a percentage of `total`, rounded up. */
function share(value: unknown, total: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number.parseInt(String(value), 10) / 100) * total);
}

const CONTROLLERS: Readonly<Record<string, ResourceType>> = {
  ReplicaSet: resourceTypes.replicasets,
  Deployment: resourceTypes.deployments,
};

/** The replicas that the pods' controllers want together; a pod without one counts for itself. */
function scaleOfControllers(store: Store, pods: readonly StoredObject[]): number {
  const counted = new Set<string>();
  let total = 0;
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller === true);
    const type = owner === undefined ? undefined : CONTROLLERS[owner.kind];
    const controller = type && owner ? store.get(type, pod.metadata.namespace, owner.name) : undefined;
    if (controller === undefined) total += 1;
    else if (!counted.has(controller.metadata.uid)) {
      counted.add(controller.metadata.uid);
      total += numberAt(controller, 'spec', 'replicas') ?? 1;
    }
  }
  return total;
}
