/**
 * Owns the arithmetic of a PodDisruptionBudget: how many pods there should be, how many are healthy, how many may go.
 * Pure: who controls a pod, and how many of them it wants, is an input. Must not write.
 * (kubernetes pkg/controller/disruption/disruption.go trySync, getExpectedPodCount, updatePdbStatus)
 */
import { allowanceOf, withAllowance } from '../api/disruption-budget.ts';
import { type Json, type JsonObject, objectAt, stringsAt } from '../api/json.ts';
import { type OwnerReference, type StoredObject, timestamp, timestampMs } from '../api/stored-object.ts';
import { controllerOf, isLeaving, isPodReady } from './controller.ts';
import { EVICTION_TIMEOUT_MS } from './limits.ts';

export type Scale =
  | { readonly kind: 'scale'; readonly uid: string; readonly replicas: number }
  /** `why` is told in the budget's condition. */
  | { readonly kind: 'unknown'; readonly why: string };

export interface BudgetView {
  readonly budget: StoredObject;
  /** All that its selector takes in. */
  readonly pods: readonly StoredObject[];
  readonly wallTimeMs: number;
  scaleOf(owner: OwnerReference, pod: StoredObject): Scale;
}

export interface BudgetFinding {
  readonly status: JsonObject;
  /** Set when the pods could not be counted: none may go. */
  readonly failure?: string;
  /** When an eviction that was let through has to have begun. */
  readonly recheckAfterMs?: number;
}

export function budgetFinding(view: BudgetView): BudgetFinding {
  const known = objectAt(view.budget, 'status');
  const now = timestamp(view.wallTimeMs);
  const expected = expectation(view);
  if (expected.kind === 'unknown') {
    const refused = { status: 'False', reason: 'SyncFailed', message: expected.why } as const;
    const status = withAllowance({ ...known, disruptionsAllowed: 0 }, refused, now);
    return { status, failure: expected.why };
  }
  const { expectedPods, desiredHealthy } = expected;
  const evicted = evictedStill(view);
  const currentHealthy = view.pods.filter(
    (pod) => !isLeaving(pod) && !evicted.has(pod.metadata.name) && isPodReady(pod),
  ).length;
  const spare = Math.max(0, currentHealthy - desiredHealthy);
  const counted: JsonObject = {
    ...(evicted.size === 0 ? {} : { disruptedPods: Object.fromEntries(evicted) }),
    conditions: known.conditions ?? [],
    currentHealthy,
    desiredHealthy,
    // So that a budget without pods is safe when its first ones appear.
    disruptionsAllowed: expectedPods > 0 ? spare : 0,
    expectedPods,
    observedGeneration: view.budget.metadata.generation ?? 1,
  };
  const status = withAllowance(counted, allowanceOf(counted), now);
  return evicted.size === 0 ? { status } : { status, recheckAfterMs: EVICTION_TIMEOUT_MS };
}

/** Pods whose eviction was let through lately and that are not leaving yet, with the time of it. */
function evictedStill({ budget, pods, wallTimeMs }: BudgetView): ReadonlyMap<string, string> {
  const known = stringsAt(budget, 'status', 'disruptedPods');
  const still = new Map<string, string>();
  for (const pod of pods) {
    const since = known[pod.metadata.name];
    if (isLeaving(pod) || since === undefined) continue;
    if ((timestampMs(since) ?? 0) + EVICTION_TIMEOUT_MS >= wallTimeMs) still.set(pod.metadata.name, since);
  }
  return still;
}

type Expectation =
  | { readonly kind: 'counted'; readonly expectedPods: number; readonly desiredHealthy: number }
  | { readonly kind: 'unknown'; readonly why: string };

/** A number of pods that have to be there counts the pods; everything else counts what their controllers want. */
function expectation(view: BudgetView): Expectation {
  const spec = objectAt(view.budget, 'spec');
  const { maxUnavailable, minAvailable } = spec;
  if (maxUnavailable === undefined && minAvailable === undefined)
    return { kind: 'counted', expectedPods: 0, desiredHealthy: 0 };
  if (maxUnavailable === undefined && typeof minAvailable === 'number')
    return { kind: 'counted', expectedPods: view.pods.length, desiredHealthy: minAvailable };
  const scale = scaleOfControllers(view);
  if (scale.kind === 'unknown') return scale;
  const expectedPods = scale.replicas;
  const desiredHealthy =
    maxUnavailable === undefined
      ? share(minAvailable, expectedPods)
      : Math.max(0, expectedPods - share(maxUnavailable, expectedPods));
  return { kind: 'counted', expectedPods, desiredHealthy };
}

/** A number, or a percentage of `total`, rounded up. */
function share(value: Json | undefined, total: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number.parseInt(String(value), 10) * total) / 100);
}

type Sum =
  | { readonly kind: 'sum'; readonly replicas: number }
  | { readonly kind: 'unknown'; readonly why: string };

/** Pods without a controller count for nothing. */
function scaleOfControllers({ pods, scaleOf }: BudgetView): Sum {
  const replicas = new Map<string, number>();
  const seen = new Set<string>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined || seen.has(owner.uid)) continue;
    seen.add(owner.uid);
    const scale = scaleOf(owner, pod);
    if (scale.kind === 'unknown') return scale;
    replicas.set(scale.uid, scale.replicas);
  }
  return { kind: 'sum', replicas: [...replicas.values()].reduce((sum, count) => sum + count, 0) };
}
