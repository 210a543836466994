/**
 * Owns the ReplicaSet controller: as many pods as asked for, no matter which. A pod that is leaving or has ended does
 * not count and is replaced at once; orphans that the selector matches are adopted.
 * (kubernetes pkg/controller/replicaset)
 */

import type { Clock } from '../../time/clock.ts';
import type { StoreEvent } from '../api/collection.ts';
import { type JsonObject, jsonEquals, numberAt, objectAt } from '../api/json.ts';
import { type LabelSelector, matchesLabels, selectorOfObject } from '../api/label-selector.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { type StoredObject, timestampMs } from '../api/stored-object.ts';
import type { EventRecorder } from '../event-recorder.ts';
import { subjectOf } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import {
  type Controller,
  type ControllerContext,
  conditionSince,
  controllerOf,
  controllerReference,
  isLeaving,
  isPodReady,
  isTerminal,
  keyOf,
  splitKey,
} from './controller.ts';
import type { KnownPods } from './known-pods.ts';
import { BURST_REPLICAS, REPLICA_SET_REACTION_MS } from './limits.ts';
import { victimsFirst } from './victims.ts';
import { WorkQueue } from './work-queue.ts';

export function startReplicaSetController(context: ControllerContext): Controller {
  return new ReplicaSetController(context);
}

class ReplicaSetController implements Controller {
  readonly #link: StoreLink;
  readonly #clock: Clock;
  readonly #pods: KnownPods;
  readonly #recorder: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #unsubscribe: readonly (() => void)[];

  constructor({ link, clock, pods, recorder }: ControllerContext) {
    this.#link = link;
    this.#clock = clock;
    this.#pods = pods;
    this.#recorder = recorder('replicaset-controller');
    this.#queue = new WorkQueue(clock, (key) => this.#look(key), REPLICA_SET_REACTION_MS);
    this.#unsubscribe = [
      link.subscribe(resourceTypes.replicasets, ({ object }) => this.#queue.add(keyOf(object))),
      link.subscribe(resourceTypes.pods, (event) => this.#onPod(event)),
    ];
    link.onReconnected(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  close(): void {
    this.#queue.close();
    for (const stop of this.#unsubscribe) stop();
  }

  #onPod({ object, previous }: StoreEvent): void {
    this.#askFor(object);
    if (previous !== undefined && controllerOf(previous)?.uid !== controllerOf(object)?.uid)
      this.#askFor(previous);
  }

  #lookAtAll(): void {
    for (const set of this.#link.list(resourceTypes.replicasets)) this.#queue.add(keyOf(set));
  }

  #askFor(pod: StoredObject): void {
    const owner = controllerOf(pod);
    const namespace = pod.metadata.namespace ?? '';
    if (owner?.kind === 'ReplicaSet') this.#queue.add(`${namespace}/${owner.name}`);
    if (owner !== undefined || isLeaving(pod)) return;
    for (const set of this.#link.list(resourceTypes.replicasets, { namespace })) {
      if (matchesLabels(selectorOf(set), pod.metadata.labels)) this.#queue.add(keyOf(set));
    }
  }

  #look(key: string): void {
    const [namespace, name] = splitKey(key);
    const set = this.#link.get(resourceTypes.replicasets, namespace, name);
    if (set === undefined) return;
    const selector = selectorOf(set);
    if (!isLeaving(set)) this.#adoptAndRelease(set, selector);
    const active = this.#activePods(set);
    if (!isLeaving(set)) this.#scale(set, active);
    this.#writeStatus(set.metadata);
  }

  #adoptAndRelease(set: StoredObject, selector: LabelSelector): void {
    const matches = (pod: StoredObject) => matchesLabels(selector, pod.metadata.labels);
    for (const pod of this.#pods.orphansIn(set.metadata.namespace ?? '')) {
      if (matches(pod) && !isLeaving(pod) && !isTerminal(pod)) {
        this.#setOwners(pod, [...ownersOf(pod), controllerReference(set)]);
      }
    }
    for (const pod of this.#pods.ownedBy(set.metadata.uid)) {
      if (matches(pod) || isLeaving(pod)) continue;
      const others = ownersOf(pod).filter(({ uid }) => uid !== set.metadata.uid);
      this.#setOwners(pod, others);
    }
  }

  #setOwners(pod: StoredObject, ownerReferences: readonly object[]): void {
    this.#link.update(resourceTypes.pods, { ...pod, metadata: { ...pod.metadata, ownerReferences } });
  }

  #activePods(set: StoredObject): readonly StoredObject[] {
    return this.#pods.ownedBy(set.metadata.uid).filter((pod) => !isLeaving(pod) && !isTerminal(pod));
  }

  #scale(set: StoredObject, active: readonly StoredObject[]): void {
    const missing = (numberAt(set, 'spec', 'replicas') ?? 1) - active.length;
    for (let made = 0; made < Math.min(missing, BURST_REPLICAS); made++) this.#createPod(set);
    if (missing >= 0) return;
    const related = this.#relatedPods(set);
    const victims = victimsFirst({ pods: active, related, wallTimeMs: this.#clock.wallTimeMs() });
    for (const victim of victims.slice(0, Math.min(-missing, BURST_REPLICAS))) this.#deletePod(set, victim);
  }

  #relatedPods(set: StoredObject): readonly StoredObject[] {
    const owner = controllerOf(set);
    if (owner === undefined) return [];
    return this.#link
      .list(resourceTypes.replicasets, { namespace: set.metadata.namespace ?? '' })
      .filter((each) => controllerOf(each)?.uid === owner.uid)
      .flatMap(({ metadata }) => this.#pods.ownedBy(metadata.uid));
  }

  #createPod(set: StoredObject): void {
    const template = objectAt(set, 'spec', 'template');
    const { name, namespace } = set.metadata;
    const pod = this.#link.create(resourceTypes.pods, {
      ...template,
      metadata: {
        ...objectAt(template, 'metadata'),
        namespace,
        generateName: `${name}-`,
        ownerReferences: [controllerReference(set)],
      },
    });
    const message = `Created pod: ${pod.metadata.name}`;
    this.#recorder.record(subjectOf(set), { type: 'Normal', reason: 'SuccessfulCreate', message });
  }

  #deletePod(set: StoredObject, pod: StoredObject): void {
    const { namespace, name, uid } = pod.metadata;
    this.#link.delete(resourceTypes.pods, namespace, name, { uid });
    this.#recorder.record(subjectOf(set), {
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${name}`,
    });
  }

  /** Of what is there now, after our own writes. */
  #writeStatus({ namespace, name, uid }: StoredObject['metadata']): void {
    const set = this.#link.get(resourceTypes.replicasets, namespace, name);
    if (set === undefined || set.metadata.uid !== uid) return;
    const status = replicaSetStatus(set, this.#pods.ownedBy(uid), this.#clock.wallTimeMs(), (delayMs) =>
      this.#queue.addAfter(`${namespace}/${name}`, delayMs),
    );
    const wanted = { ...objectAt(set, 'status'), ...status };
    if (jsonEquals(wanted, set.status)) return;
    this.#link.update(resourceTypes.replicasets, { ...set, status: wanted }, { subresource: 'status' });
  }
}

function selectorOf(set: StoredObject): LabelSelector {
  return selectorOfObject(objectAt(set, 'spec', 'selector'));
}

function ownersOf(pod: StoredObject): NonNullable<StoredObject['metadata']['ownerReferences']> {
  return pod.metadata.ownerReferences ?? [];
}

/** `askAgain` is called when a pod becomes available by the passing of time (minReadySeconds). */
function replicaSetStatus(
  set: StoredObject,
  owned: readonly StoredObject[],
  wallTimeMs: number,
  askAgain: (delayMs: number) => void,
): JsonObject {
  const active = owned.filter((pod) => !isLeaving(pod) && !isTerminal(pod));
  const ready = active.filter(isPodReady);
  const minReadyMs = (numberAt(set, 'spec', 'minReadySeconds') ?? 0) * 1_000;
  const waitMs = (pod: StoredObject) =>
    (timestampMs(conditionSince(pod, 'Ready')) ?? 0) + minReadyMs - wallTimeMs;
  const early = minReadyMs === 0 ? [] : ready.filter((pod) => waitMs(pod) > 0);
  if (early.length > 0) askAgain(Math.min(...early.map(waitMs)));
  const templateLabels = Object.entries(objectAt(set, 'spec', 'template', 'metadata', 'labels'));
  const labelled = active.filter(({ metadata }) =>
    templateLabels.every(([key, value]) => metadata.labels?.[key] === value),
  );
  return {
    replicas: active.length,
    fullyLabeledReplicas: labelled.length,
    readyReplicas: ready.length,
    availableReplicas: ready.length - early.length,
    terminatingReplicas: owned.filter((pod) => isLeaving(pod) && !isTerminal(pod)).length,
    observedGeneration: set.metadata.generation ?? 0,
  };
}
