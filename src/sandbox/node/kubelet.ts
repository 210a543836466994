/**
 * Owns one node: it takes on the pods that are bound to it, keeps a worker for each, and speaks for them to the API.
 * Must not schedule, and must not know how a container runs. (kubernetes pkg/kubelet/kubelet.go)
 */
import type { Timer } from '../../time/clock.ts';
import { ApiError } from '../api/api-error.ts';
import type { StoreEvent } from '../api/collection.ts';
import { type JsonObject, jsonEquals, objectAt, stringAt, stringsAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { EventRecorder } from '../event-recorder.ts';
import { ApiUnreachableError, type StoreLink } from '../store-link.ts';
import type { ContainerRunner } from './container-runner.ts';
import { type ConfigReference, decodePod, type Pod } from './decode-pod.ts';
import { REACTION_MS } from './limits.ts';
import { type NodeIdentity, NodeRegistration } from './node-registration.ts';
import type { NodeRuntime, PodEvent } from './node-runtime.ts';
import { PodAddresses } from './pod-addresses.ts';
import { type PodReporter, PodWorker } from './pod-worker.ts';

export interface KubeletOptions
  extends Pick<
    NodeRuntime,
    'clock' | 'random' | 'processes' | 'images' | 'directories' | 'probeNetwork' | 'pleg' | 'baseEnvironment'
  > {
  readonly node: NodeIdentity;
  /** "127.10.1": the pods of this node have addresses behind it. */
  readonly podAddressPrefix: string;
  readonly link: StoreLink;
}

export class Kubelet {
  readonly node: NodeIdentity;
  /** Cut it to partition the node: its pods go on, and nobody hears of them. */
  readonly link: StoreLink;
  readonly #runtime: NodeRuntime;
  readonly #registration: NodeRegistration;
  readonly #addresses: PodAddresses;
  readonly #workers = new Map<string, PodWorker>();
  readonly #reporter: PodReporter;
  /** Pods of which something was heard that is not looked at yet. */
  readonly #awaited = new Map<string, Timer>();
  #unsubscribe: (() => void) | undefined;

  constructor(options: KubeletOptions) {
    const { node, link, clock } = options;
    this.node = node;
    this.link = link;
    const recorder = new EventRecorder(link, clock, { component: 'kubelet', host: node.name });
    this.#runtime = {
      ...options,
      hostIp: node.ip,
      config: (pod, of) => readConfig(link, pod, of),
      tell: (pod, event) => tell(recorder, pod, event),
    };
    this.#registration = new NodeRegistration(node, link, clock);
    this.#addresses = new PodAddresses(options.podAddressPrefix);
    this.#reporter = {
      report: (pod, compute) => this.#reach(() => this.#writeStatus(pod, compute)),
      finish: (pod) => this.#reach(() => this.#deleteObject(pod)),
      forget: (pod) => this.#forget(pod),
    };
  }

  start(): void {
    this.#registration.start();
    this.#unsubscribe = this.link.subscribe(resourceTypes.pods, (event) => this.#onEvent(event));
    this.link.onReconnected(() => this.#lookAgain());
    this.#lookAgain();
  }

  /** Forgets everything at once; the processes are ended by who owns Processes. */
  close(): void {
    this.#unsubscribe?.();
    this.#registration.close();
    this.#runtime.pleg.close();
    for (const timer of this.#awaited.values()) timer.cancel();
    this.#awaited.clear();
    for (const worker of this.#workers.values()) worker.close();
    this.#workers.clear();
  }

  /** The container of a pod that is on this node. */
  container(podUid: string, name: string): ContainerRunner | undefined {
    return this.#workers.get(podUid)?.container(name);
  }

  /** Looked at a moment later, as the pod is then: however often it has changed meanwhile. */
  #onEvent({ object }: StoreEvent): void {
    const { uid, namespace, name } = object.metadata;
    if (stringAt(object, 'spec', 'nodeName') !== this.node.name || this.#awaited.has(uid)) return;
    const timer = this.#runtime.clock.schedule(REACTION_MS, () => {
      this.#awaited.delete(uid);
      this.#reach(() => this.#look(uid, namespace, name));
    });
    this.#awaited.set(uid, timer);
  }

  #look(uid: string, namespace: string | undefined, name: string): void {
    const object = this.link.get(resourceTypes.pods, namespace, name);
    if (object?.metadata.uid === uid) this.#take(object);
    else this.#workers.get(uid)?.objectGone();
  }

  #take(object: StoredObject): void {
    const pod = decodePod(object);
    const worker = this.#workers.get(pod.uid);
    if (worker !== undefined) worker.update(pod);
    else if (pod.phase !== 'Succeeded' && pod.phase !== 'Failed') this.#begin(pod);
  }

  #begin(pod: Pod): void {
    const podIp = this.#addresses.take(pod.uid);
    if (podIp === undefined) {
      this.#reject(pod);
      return;
    }
    const worker = new PodWorker({ pod, podIp, runtime: this.#runtime, reporter: this.#reporter });
    this.#workers.set(pod.uid, worker);
    worker.begin();
  }

  /** As kubelet's admission does when the node is full (lifecycle/predicate.go). */
  #reject(pod: Pod): void {
    const message = "Pod was rejected: Node didn't have enough resource: pods";
    this.#reach(() =>
      this.#writeStatus(pod, (present) => ({ ...present, phase: 'Failed', reason: 'OutOfpods', message })),
    );
  }

  /** Everything may have changed: what is gone ends, what is there is taken on, and all status is said again. */
  #lookAgain(): void {
    this.#reach(() => {
      const objects = this.link
        .list(resourceTypes.pods)
        .filter((object) => stringAt(object, 'spec', 'nodeName') === this.node.name);
      const present = new Set(objects.map((object) => object.metadata.uid));
      for (const [uid, worker] of [...this.#workers]) if (!present.has(uid)) worker.objectGone();
      const known = [...this.#workers.values()];
      for (const object of objects) this.#take(object);
      for (const worker of known) worker.reportAgain();
    });
  }

  #writeStatus(pod: Pod, compute: (present: JsonObject) => JsonObject): void {
    const object = this.link.get(resourceTypes.pods, pod.namespace, pod.name);
    if (object === undefined || object.metadata.uid !== pod.uid) return;
    const present = objectAt(object, 'status');
    const status = compute(present);
    if (jsonEquals(status, present)) return;
    this.link.update(resourceTypes.pods, { ...object, status }, { subresource: 'status' });
  }

  #deleteObject(pod: Pod): void {
    const object = this.link.get(resourceTypes.pods, pod.namespace, pod.name);
    if (object === undefined || object.metadata.uid !== pod.uid) return;
    this.link.delete(resourceTypes.pods, pod.namespace, pod.name, { gracePeriodSeconds: 0, uid: pod.uid });
  }

  #forget(pod: Pod): void {
    this.#workers.delete(pod.uid);
    this.#addresses.release(pod.uid);
    this.#runtime.directories.removePod(pod.uid);
  }

  /** What can't reach the API now is said again by #lookAgain when the link is whole. */
  #reach(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof ApiUnreachableError || error instanceof ApiError)) throw error;
    }
  }
}

function readConfig(
  link: StoreLink,
  pod: Pod,
  of: ConfigReference,
): Readonly<Record<string, string>> | undefined {
  const isSecret = of.kind === 'Secret';
  try {
    const object = link.get(
      isSecret ? resourceTypes.secrets : resourceTypes.configmaps,
      pod.namespace,
      of.name,
    );
    if (object === undefined) return undefined;
    const data = stringsAt(object, 'data');
    if (!isSecret) return data;
    const decoded = Object.entries(data).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]);
    return Object.fromEntries(decoded);
  } catch (error) {
    if (error instanceof ApiUnreachableError) return undefined;
    throw error;
  }
}

function tell(recorder: EventRecorder, pod: Pod, { type, reason, message, container }: PodEvent): void {
  const subject = { apiVersion: 'v1', kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid };
  const fieldPath = container === undefined ? {} : { fieldPath: `spec.containers{${container}}` };
  recorder.record(subject, { type, reason, message, ...fieldPath });
}
