/**
 * Owns the disruption controller: what each PodDisruptionBudget's status says its pods may bear.
 * Must not evict: the API does, and believes the status. (kubernetes pkg/controller/disruption/disruption.go)
 */
import type { Clock } from '../../time/clock.ts';
import { budgetSelector } from '../api/disruption-budget.ts';
import { jsonEquals, numberAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { OwnerReference, StoredObject } from '../api/stored-object.ts';
import { changed } from '../api/stored-object.ts';
import { type EventRecorder, subjectOf } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import { budgetFinding, type Scale } from './budget-status.ts';
import { type Controller, type ControllerContext, controllerOf, keyOf, splitKey } from './controller.ts';
import type { KnownPods } from './known-pods.ts';
import { ASIDE_REACTION_MS } from './limits.ts';
import { SelectingObjects } from './selecting-objects.ts';
import { WorkQueue } from './work-queue.ts';

export function startDisruptionController(context: ControllerContext): Controller {
  return new DisruptionController(context);
}

class DisruptionController implements Controller {
  readonly #link: StoreLink;
  readonly #clock: Clock;
  readonly #pods: KnownPods;
  readonly #recorder: EventRecorder;
  readonly #budgets: SelectingObjects;
  readonly #queue: WorkQueue;
  readonly #unsubscribe: readonly (() => void)[];

  constructor({ link, clock, pods, recorder }: ControllerContext) {
    this.#link = link;
    this.#clock = clock;
    this.#pods = pods;
    this.#recorder = recorder('controllermanager');
    this.#budgets = new SelectingObjects(link, resourceTypes.poddisruptionbudgets, budgetSelector);
    this.#queue = new WorkQueue(clock, (key) => this.#look(key), ASIDE_REACTION_MS);
    this.#unsubscribe = [
      link.subscribe(resourceTypes.poddisruptionbudgets, ({ object }) => this.#queue.add(keyOf(object))),
      // By the labels that it has now: a budget that it has left is not looked at again for that.
      link.subscribe(resourceTypes.pods, ({ object }) => this.#askFor(object)),
    ];
    link.onReconnected(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  close(): void {
    this.#queue.close();
    this.#budgets.close();
    for (const stop of this.#unsubscribe) stop();
  }

  #lookAtAll(): void {
    for (const budget of this.#link.list(resourceTypes.poddisruptionbudgets)) this.#queue.add(keyOf(budget));
  }

  #askFor(pod: StoredObject): void {
    const keys = this.#budgets.of(pod);
    for (const key of keys) this.#queue.add(key);
    if (keys.length < 2) return;
    const { namespace, name } = pod.metadata;
    const [, chosen] = splitKey(keys[0] ?? '');
    const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${chosen}" arbitrarily.`;
    this.#recorder.record(subjectOf(pod), {
      type: 'Warning',
      reason: 'MultiplePodDisruptionBudgets',
      message,
    });
  }

  #look(key: string): void {
    const [namespace, name] = splitKey(key);
    const budget = this.#link.get(resourceTypes.poddisruptionbudgets, namespace, name);
    if (budget === undefined) return;
    const selector = budgetSelector(budget);
    const pods = selector === undefined ? [] : this.#pods.matching(namespace, selector);
    const { status, failure, recheckAfterMs } = budgetFinding({
      budget,
      pods,
      wallTimeMs: this.#clock.wallTimeMs(),
      scaleOf: (owner, pod) => this.#scaleOf(owner, pod),
    });
    if (pods.length === 0) this.#tell(budget, 'Normal', 'NoPods', 'No matching pods found');
    if (failure !== undefined) {
      const message = `Failed to calculate the number of expected pods: ${failure}`;
      this.#tell(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
    }
    if (recheckAfterMs !== undefined) this.#queue.addAfter(key, recheckAfterMs);
    if (jsonEquals(status, budget.status)) return;
    const next = changed(budget, { status });
    this.#link.update(resourceTypes.poddisruptionbudgets, next, { subresource: 'status' });
  }

  #tell(budget: StoredObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#recorder.record(subjectOf(budget), { type, reason, message });
  }

  /** A Deployment stands for all of its ReplicaSets. */
  #scaleOf(owner: OwnerReference, pod: StoredObject): Scale {
    const { namespace, name } = pod.metadata;
    const type = this.#link.types.byKind(owner.apiVersion, owner.kind);
    if (type === undefined) {
      const why = `no matches for kind ${JSON.stringify(owner.kind)} in version ${JSON.stringify(owner.apiVersion)}`;
      return { kind: 'unknown', why };
    }
    const found = this.#link.get(type, namespace, owner.name);
    const above = found && controllerOf(found);
    const isDeployed = owner.kind === 'ReplicaSet' && above?.kind === 'Deployment';
    const deployment = isDeployed
      ? this.#link.get(resourceTypes.deployments, namespace, above.name)
      : undefined;
    if (deployment !== undefined && deployment.metadata.uid === above?.uid) return scaleOf(deployment);
    if (!type.subresources.includes('scale')) {
      const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
      return { kind: 'unknown', why: `${resource} does not implement the scale subresource` };
    }
    return found?.metadata.uid === owner.uid
      ? scaleOf(found)
      : { kind: 'unknown', why: `found no controllers for pod ${JSON.stringify(name)}` };
  }
}

function scaleOf(object: StoredObject): Scale {
  return { kind: 'scale', uid: object.metadata.uid, replicas: numberAt(object, 'spec', 'replicas') ?? 1 };
}
