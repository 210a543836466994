/**
 * Owns the Deployment controller: a ReplicaSet for each template it had, the newest growing while the old ones shrink.
 * Enough for apply, scale, rollout restart, status, undo and pause. (kubernetes pkg/controller/deployment)
 */

import type { Clock } from '../../time/clock.ts';
import {
  booleanAt,
  type JsonObject,
  jsonEquals,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
} from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { type StoredObject, timestamp } from '../api/stored-object.ts';
import type { EventRecorder } from '../event-recorder.ts';
import { subjectOf } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import {
  type Controller,
  type ControllerContext,
  controllerOf,
  controllerReference,
  isLeaving,
  isTerminal,
  keyOf,
  splitKey,
} from './controller.ts';
import { conditionsOf, statusOf } from './deployment-status.ts';
import type { KnownPods } from './known-pods.ts';
import { fenceposts, nextSizes, type SetSize } from './rollout.ts';
import { templateHash } from './template-hash.ts';
import { WorkQueue } from './work-queue.ts';

const HASH_LABEL = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';

export function startDeploymentController(context: ControllerContext): Controller {
  return new DeploymentController(context);
}

class DeploymentController implements Controller {
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
    this.#recorder = recorder('deployment-controller');
    this.#queue = new WorkQueue(clock, (key) => this.#look(key));
    this.#unsubscribe = [
      link.subscribe(resourceTypes.deployments, ({ object }) => this.#queue.add(keyOf(object))),
      link.subscribe(resourceTypes.replicasets, ({ object }) => this.#askForOwner(object)),
      // The Recreate strategy waits for the old pods to be gone, which no ReplicaSet status tells.
      link.subscribe(resourceTypes.pods, ({ type, object }) => {
        if (type === 'DELETED') for (const set of this.#setsNamed(object)) this.#askForOwner(set);
      }),
    ];
    link.onReconnected(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  close(): void {
    this.#queue.close();
    for (const stop of this.#unsubscribe) stop();
  }

  #lookAtAll(): void {
    for (const deployment of this.#link.list(resourceTypes.deployments)) this.#queue.add(keyOf(deployment));
  }

  #askForOwner(set: StoredObject): void {
    const owner = controllerOf(set);
    if (owner?.kind === 'Deployment') this.#queue.add(`${set.metadata.namespace ?? ''}/${owner.name}`);
  }

  #setsNamed(pod: StoredObject): readonly StoredObject[] {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return [];
    return [this.#link.get(resourceTypes.replicasets, pod.metadata.namespace, owner.name) ?? []].flat();
  }

  #look(key: string): void {
    const [namespace, name] = splitKey(key);
    const deployment = this.#link.get(resourceTypes.deployments, namespace, name);
    if (deployment === undefined || isLeaving(deployment)) return;
    const owned = this.#ownedSets(deployment);
    const paused = booleanAt(deployment, 'spec', 'paused') ?? false;
    const newest =
      owned.find((set) => hasTemplateOf(set, deployment)) ??
      (paused ? undefined : this.#createSet(deployment, owned));
    const old = owned.filter(({ metadata }) => metadata.uid !== newest?.metadata.uid);
    if (newest !== undefined) {
      const current = paused ? newest : this.#markNewest(deployment, newest, old);
      this.#resize(deployment, current, old, paused);
      if (!paused) this.#removeHistory(deployment, old);
    }
    this.#writeStatus(deployment.metadata);
  }

  /** Oldest first. */
  #ownedSets(deployment: StoredObject): readonly StoredObject[] {
    return this.#link
      .list(resourceTypes.replicasets, { namespace: deployment.metadata.namespace ?? '' })
      .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid && !isLeaving(set))
      .toSorted((left, right) => revisionOf(left) - revisionOf(right));
  }

  #createSet(deployment: StoredObject, owned: readonly StoredObject[]): StoredObject {
    const template = objectAt(deployment, 'spec', 'template');
    const collisions = numberAt(deployment, 'status', 'collisionCount') ?? 0;
    const hash = templateHash(template, collisions);
    const { name, namespace } = deployment.metadata;
    const labels = { ...stringsAt(template, 'metadata', 'labels'), [HASH_LABEL]: hash };
    const selector = objectAt(deployment, 'spec', 'selector');
    const matchLabels = { ...stringsAt(selector, 'matchLabels'), [HASH_LABEL]: hash };
    const set = this.#link.create(resourceTypes.replicasets, {
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { [REVISION]: String(1 + Math.max(0, ...owned.map(revisionOf))) },
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds: numberAt(deployment, 'spec', 'minReadySeconds') ?? 0,
        selector: { ...selector, matchLabels },
        template: { ...template, metadata: { ...objectAt(template, 'metadata'), labels } },
      },
    });
    return set;
  }

  /** A template that comes back (rollout undo) is the newest again: it gets the next revision. */
  #markNewest(deployment: StoredObject, newest: StoredObject, old: readonly StoredObject[]): StoredObject {
    const revision = Math.max(revisionOf(newest), 1 + Math.max(0, ...old.map(revisionOf)));
    this.#annotate(resourceTypes.deployments, deployment, revision);
    return this.#annotate(resourceTypes.replicasets, newest, revision);
  }

  #annotate(
    type: typeof resourceTypes.deployments | typeof resourceTypes.replicasets,
    object: StoredObject,
    revision: number,
  ): StoredObject {
    if (revisionOf(object) === revision) return object;
    const annotations = { ...object.metadata.annotations, [REVISION]: String(revision) };
    return this.#link.update(type, { ...object, metadata: { ...object.metadata, annotations } });
  }

  #resize(
    deployment: StoredObject,
    newest: StoredObject,
    old: readonly StoredObject[],
    paused: boolean,
  ): void {
    const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
    const strategy = objectAt(deployment, 'spec', 'strategy');
    const rolling = objectAt(strategy, 'rollingUpdate');
    const oldPods = old
      .flatMap(({ metadata }) => this.#pods.ownedBy(metadata.uid))
      .filter((pod) => !isTerminal(pod)).length;
    const sizes = paused
      ? scaleOnly(newest, old, replicas)
      : nextSizes({
          replicas,
          strategy:
            stringAt(strategy, 'type') === 'Recreate'
              ? { kind: 'Recreate', oldPods }
              : { kind: 'RollingUpdate', ...fenceposts(rolling.maxSurge, rolling.maxUnavailable, replicas) },
          newest: sizeOf(newest),
          old: old.map(sizeOf),
        });
    for (const set of [newest, ...old]) {
      const size = sizes.get(set.metadata.uid);
      if (size !== undefined) this.#setSize(deployment, set, size);
    }
  }

  #setSize(deployment: StoredObject, set: StoredObject, size: number): void {
    const before = numberAt(set, 'spec', 'replicas') ?? 0;
    if (before === size) return;
    const current =
      this.#link.get(resourceTypes.replicasets, set.metadata.namespace, set.metadata.name) ?? set;
    this.#link.update(resourceTypes.replicasets, {
      ...current,
      spec: { ...objectAt(current, 'spec'), replicas: size },
    });
    const direction = size > before ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`;
    this.#recorder.record(subjectOf(deployment), { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }

  #removeHistory(deployment: StoredObject, old: readonly StoredObject[]): void {
    const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10;
    const idle = old.filter(
      (set) => sizeOf(set).desired === 0 && (numberAt(set, 'status', 'replicas') ?? 0) === 0,
    );
    for (const { metadata } of idle.slice(0, Math.max(0, idle.length - limit))) {
      this.#link.delete(resourceTypes.replicasets, metadata.namespace, metadata.name, { uid: metadata.uid });
    }
  }

  #writeStatus({ namespace, name }: StoredObject['metadata']): void {
    const deployment = this.#link.get(resourceTypes.deployments, namespace, name);
    if (deployment === undefined) return;
    const owned = this.#ownedSets(deployment);
    const newest = owned.find((set) => hasTemplateOf(set, deployment));
    const counts = statusOf(deployment, newest, owned);
    const conditions = conditionsOf(deployment, newest, counts, timestamp(this.#clock.wallTimeMs()));
    const status = { ...objectAt(deployment, 'status'), ...counts, conditions };
    if (jsonEquals(status, deployment.status)) return;
    this.#link.update(resourceTypes.deployments, { ...deployment, status }, { subresource: 'status' });
  }
}

function revisionOf(object: StoredObject): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0);
}

function sizeOf(set: StoredObject): SetSize {
  return {
    uid: set.metadata.uid,
    desired: numberAt(set, 'spec', 'replicas') ?? 0,
    available: numberAt(set, 'status', 'availableReplicas') ?? 0,
  };
}

/** A paused Deployment is still scaled, without moving pods between templates: the newest set takes the difference. */
function scaleOnly(
  newest: StoredObject,
  old: readonly StoredObject[],
  replicas: number,
): ReadonlyMap<string, number> {
  const others = old.reduce((sum, set) => sum + sizeOf(set).desired, 0);
  return new Map([[newest.metadata.uid, Math.max(0, replicas - others)]]);
}

function hasTemplateOf(set: StoredObject, deployment: StoredObject): boolean {
  return jsonEquals(
    withoutHash(objectAt(set, 'spec', 'template')),
    withoutHash(objectAt(deployment, 'spec', 'template')),
  );
}

function withoutHash(template: JsonObject): JsonObject {
  const { [HASH_LABEL]: _hash, ...labels } = stringsAt(template, 'metadata', 'labels');
  return { ...template, metadata: { ...objectAt(template, 'metadata'), labels } };
}
