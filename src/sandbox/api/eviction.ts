/**
 * Owns the eviction of a pod: let through by its budget, then marked as a disruption, then deleted.
 * Must not count pods: what a budget allows is what its status says.
 * (kubernetes pkg/registry/core/pod/storage/eviction.go)
 */
import { type ApiError, forbidden, tooManyRequests, unexplained } from './api-error.ts';
import { checkPreconditions, type DeleteOptions } from './deletion.ts';
import { allowanceOf, budgetSelector, conditionOf, withAllowance } from './disruption-budget.ts';
import { type JsonObject, listAt, numberAt, objectAt, stringAt } from './json.ts';
import { matchesLabels } from './label-selector.ts';
import { limits } from './limits.ts';
import { resourceTypes } from './resource-types.ts';
import type { Store } from './store.ts';
import { changed, type StoredObject, timestamp } from './stored-object.ts';

/** @throws ApiError 404, 409; 429 when the budget is used up; 500 when more than one budget takes in the pod. */
export function evict(store: Store, namespace: string, name: string, options: DeleteOptions): void {
  const pod = store.mustGet(resourceTypes.pods, namespace, name);
  if (!mayIgnoreBudget(pod)) passBudget(store, pod, options.dryRun === true);
  if (options.dryRun === true) {
    store.delete(resourceTypes.pods, namespace, name, options);
    return;
  }
  checkPreconditions(resourceTypes.pods, pod, options);
  const { resourceVersion } = markDisruption(store, pod).metadata;
  const since = options.resourceVersion === undefined ? {} : { resourceVersion };
  store.delete(resourceTypes.pods, namespace, name, { ...options, ...since });
}

/** A pod that is done, or not begun, or going already, costs no availability. */
function mayIgnoreBudget(pod: StoredObject): boolean {
  const phase = stringAt(pod, 'status', 'phase') ?? '';
  return ['Succeeded', 'Failed', 'Pending'].includes(phase) || pod.metadata.deletionTimestamp !== undefined;
}

const SEVERAL_BUDGETS =
  'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

function passBudget(store: Store, pod: StoredObject, dryRun: boolean): void {
  const { namespace = '', labels } = pod.metadata;
  const budgets = store.list(resourceTypes.poddisruptionbudgets, { namespace }).filter((budget) => {
    const selector = budgetSelector(budget);
    return selector !== undefined && matchesLabels(selector, labels);
  });
  if (budgets.length > 1) throw unexplained(SEVERAL_BUDGETS);
  const [budget] = budgets;
  if (budget === undefined || (!isReady(pod) && unhealthyMayGo(budget))) return;
  const refusal = refusalOf(budget);
  if (refusal !== undefined) throw refusal;
  if (!dryRun) takeOne(store, budget, pod.metadata.name);
}

function isReady(pod: StoredObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (condition) => stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
  );
}

/** Who is not ready counts for nothing: it may go while nobody misses it, or at any time where the budget says so. */
function unhealthyMayGo(budget: StoredObject): boolean {
  if (stringAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const { currentHealthy, desiredHealthy } = countsOf(budget);
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function countsOf(budget: StoredObject) {
  const count = (field: string) => numberAt(budget, 'status', field) ?? 0;
  return {
    currentHealthy: count('currentHealthy'),
    desiredHealthy: count('desiredHealthy'),
    disruptionsAllowed: count('disruptionsAllowed'),
    observedGeneration: count('observedGeneration'),
  };
}

const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
/** Until the disruption controller has seen a new or changed budget. */
const RETRY_AFTER_SECONDS = 10;

function refusalOf(budget: StoredObject): ApiError | undefined {
  const { name, generation = 1 } = budget.metadata;
  const { observedGeneration, disruptionsAllowed } = countsOf(budget);
  if (observedGeneration < generation) {
    const message = `The disruption budget ${name} is still being processed by the server.`;
    return tooManyRequests(REFUSED, RETRY_AFTER_SECONDS, [{ reason: 'DisruptionBudget', message }]);
  }
  const resource = { group: 'policy', plural: 'poddisruptionbudget', kind: 'PodDisruptionBudget' };
  if (disruptionsAllowed < 0) return forbidden(resource, name, 'pdb disruptions allowed is negative');
  if (Object.keys(objectAt(budget, 'status', 'disruptedPods')).length > limits.disruptedPods) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    return forbidden(resource, name, why);
  }
  if (disruptionsAllowed > 0) return undefined;
  return tooManyRequests(REFUSED, 0, [{ reason: 'DisruptionBudget', message: whyNoneAllowed(budget) }]);
}

function whyNoneAllowed(budget: StoredObject): string {
  const { name } = budget.metadata;
  const { currentHealthy, desiredHealthy } = countsOf(budget);
  const condition = conditionOf(budget.status);
  const reason = stringAt(condition, 'reason') ?? '';
  const message = stringAt(condition, 'message') ?? '';
  const isSaid = stringAt(condition, 'status') === 'False' && message !== '';
  if (isSaid && reason === 'SyncFailed')
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${message}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  const refused = `The disruption budget ${name} does not allow evicting pods currently`;
  return isSaid ? `${refused} (${reason}): ${message}` : refused;
}

/** The pod stands in the status until it is leaving: it counts as gone from now on. */
function takeOne(store: Store, budget: StoredObject, pod: string): void {
  const now = timestamp(store.clock.wallTimeMs());
  const disruptionsAllowed = countsOf(budget).disruptionsAllowed - 1;
  const disruptedPods = { ...objectAt(budget, 'status', 'disruptedPods'), [pod]: now };
  const counted: JsonObject = { ...objectAt(budget, 'status'), disruptionsAllowed, disruptedPods };
  const status = disruptionsAllowed > 0 ? counted : withAllowance(counted, allowanceOf(counted), now);
  store.update(resourceTypes.poddisruptionbudgets, changed(budget, { status }), { subresource: 'status' });
}

function markDisruption(store: Store, pod: StoredObject): StoredObject {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastProbeTime: null,
    lastTransitionTime: timestamp(store.clock.wallTimeMs()),
  };
  const others = listAt(pod, 'status', 'conditions').filter(
    (each) => stringAt(each, 'type') !== 'DisruptionTarget',
  );
  const status = { ...objectAt(pod, 'status'), conditions: [...others, condition] };
  return store.update(resourceTypes.pods, changed(pod, { status }), { subresource: 'status' });
}
