/**
 * Owns the eviction of a pod: allowed by its budget, then marked as a disruption, then deleted.
 * (kubernetes pkg/registry/core/pod/storage/eviction.go)
 */
import { ApiError, tooManyRequests } from './api-error.ts';
import type { DeleteOptions } from './deletion.ts';
import { budgetState, budgetsOf, isReady } from './housekeeping/disruption-budgets.ts';
import { listAt, objectAt, stringAt } from './json.ts';
import { resourceTypes } from './resource-types.ts';
import type { Store } from './store.ts';
import { changed, type StoredObject, timestamp } from './stored-object.ts';

/** @throws ApiError 404, 409; 429 when the budget is used up; 500 when more than one budget takes in the pod. */
export function evict(store: Store, namespace: string, name: string, options: DeleteOptions): void {
  const pod = store.mustGet(resourceTypes.pods, namespace, name);
  if (!mayIgnoreBudget(pod)) checkBudget(store, pod);
  if (options.dryRun !== true) markDisruption(store, pod);
  store.delete(resourceTypes.pods, namespace, name, options);
}

/** A pod that is done, or not begun, or going already, costs no availability. */
function mayIgnoreBudget(pod: StoredObject): boolean {
  const phase = stringAt(pod, 'status', 'phase') ?? '';
  return ['Succeeded', 'Failed', 'Pending'].includes(phase) || pod.metadata.deletionTimestamp !== undefined;
}

function checkBudget(store: Store, pod: StoredObject): void {
  const budgets = budgetsOf(store, pod);
  if (budgets.length > 1) {
    const why =
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
    throw new ApiError(500, 'InternalError', `Internal error occurred: ${why}`, {
      causes: [{ reason: '', message: why }],
    });
  }
  const [budget] = budgets;
  if (budget === undefined) return;
  const { currentHealthy, desiredHealthy, disruptionsAllowed } = budgetState(store, budget);
  const unhealthyMayGo =
    stringAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow' ||
    (currentHealthy >= desiredHealthy && desiredHealthy > 0);
  if (disruptionsAllowed > 0 || (!isReady(pod) && unhealthyMayGo)) return;
  throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, [
    {
      reason: 'DisruptionBudget',
      message: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    },
  ]);
}

function markDisruption(store: Store, pod: StoredObject): void {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: timestamp(store.clock.wallTimeMs()),
  };
  const others = listAt(pod, 'status', 'conditions').filter(
    (each) => stringAt(each, 'type') !== 'DisruptionTarget',
  );
  const status = { ...objectAt(pod, 'status'), conditions: [...others, condition] };
  store.update(resourceTypes.pods, changed(pod, { status }), { subresource: 'status' });
}
