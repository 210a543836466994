/**
 * Owns what the cluster makes of a node that stops sending heartbeats: Ready becomes Unknown, its pods count as not
 * Ready, it is tainted, and when the pods' tolerations have run out they are deleted. A cordoned node gets its taint too.
 * (kubernetes pkg/controller/nodelifecycle, pkg/controller/tainteviction)
 */
import type { Clock, MonotonicMs, Timer } from '../../time/clock.ts';
import {
  booleanAt,
  type Json,
  type JsonObject,
  jsonEquals,
  listAt,
  numberAt,
  objectAt,
  stringAt,
} from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { type StoredObject, timestamp } from '../api/stored-object.ts';
import type { EventRecorder } from '../event-recorder.ts';
import { subjectOf } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import { ApiUnreachableError } from '../store-link.ts';
import { withCondition } from './conditions.ts';
import {
  type Controller,
  type ControllerContext,
  conditionStatus,
  isLeaving,
  isPodReady,
  nodeNameOf,
} from './controller.ts';
import { NODE_MONITOR_GRACE_MS, NODE_MONITOR_PERIOD_MS } from './limits.ts';
import { tolerates } from './scheduler.ts';

const UNREACHABLE = 'node.kubernetes.io/unreachable';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** A network's word, NetworkUnavailable, is left as it is (node_lifecycle_controller.go, tryUpdateNodeHealth). */
const kubeletsConditions: ReadonlySet<string | undefined> = new Set([
  'Ready',
  'MemoryPressure',
  'DiskPressure',
  'PIDPressure',
]);

export interface NodeLifecycleOptions {
  /** How long a node may be silent before it counts as lost. */
  readonly graceMs?: number;
}

export function startNodeLifecycle(
  context: ControllerContext,
  options: NodeLifecycleOptions = {},
): Controller {
  return new NodeLifecycle(context, options.graceMs ?? NODE_MONITOR_GRACE_MS);
}

class NodeLifecycle implements Controller {
  readonly #link: StoreLink;
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #recorder: EventRecorder;
  /** When we saw the heartbeat change: its own time stamp is the node's clock, not ours. */
  readonly #heartbeats = new Map<string, { readonly renewTime: string; readonly seenAt: MonotonicMs }>();
  readonly #taintedSince = new Map<string, MonotonicMs>();
  readonly #stop: () => void;
  #timer: Timer | undefined;
  #closed = false;

  constructor({ link, clock, recorder }: ControllerContext, graceMs: number) {
    this.#link = link;
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#recorder = recorder('node-controller');
    this.#stop = link.subscribe(resourceTypes.nodes, ({ type, object }) => {
      const { name } = object.metadata;
      if (type === 'DELETED') this.#heartbeats.delete(name);
      else void Promise.resolve().then(() => this.#whileReachable(() => this.#keepTaints(name)));
    });
    // Nothing was heard while the API was away: that is our silence, not the nodes'.
    link.onReconnected(() => this.#heartbeats.clear());
    this.#monitor();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#stop();
  }

  #monitor(): void {
    this.#timer = this.#clock.schedule(Math.min(NODE_MONITOR_PERIOD_MS, this.#graceMs / 4), () =>
      this.#monitor(),
    );
    this.#whileReachable(() => {
      for (const node of this.#link.list(resourceTypes.nodes)) {
        this.#check(node);
        this.#evict(node.metadata.name);
      }
    });
  }

  #whileReachable(run: () => void): void {
    if (this.#closed) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof ApiUnreachableError)) throw error;
    }
  }

  #check(node: StoredObject): void {
    const { name } = node.metadata;
    const lease = this.#link.get(resourceTypes.leases, 'kube-node-lease', name);
    const renewTime = stringAt(lease, 'spec', 'renewTime') ?? '';
    const known = this.#heartbeats.get(name);
    if (known === undefined || known.renewTime !== renewTime)
      this.#heartbeats.set(name, { renewTime, seenAt: this.#clock.now() });
    else if (this.#clock.now() - known.seenAt > this.#graceMs && conditionStatus(node, 'Ready') !== 'Unknown')
      this.#giveUp(node);
  }

  #giveUp(node: StoredObject): void {
    const now = timestamp(this.#clock.wallTimeMs());
    const unknown = {
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: now,
    };
    const status = objectAt(node, 'status');
    const conditions = listAt(status, 'conditions').map((each) =>
      kubeletsConditions.has(stringAt(each, 'type')) ? { ...objectAt({ each }, 'each'), ...unknown } : each,
    );
    this.#link.update(
      resourceTypes.nodes,
      { ...node, status: { ...status, conditions } },
      { subresource: 'status' },
    );
    const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
    this.#recorder.record(subjectOf(node), { type: 'Normal', reason: 'NodeNotReady', message });
    for (const pod of this.#podsOn(node.metadata.name)) if (isPodReady(pod)) this.#markNotReady(pod);
  }

  /** The condition, and nothing else: it gives no reason (controller/util/node, MarkPodsNotReady). */
  #markNotReady(pod: StoredObject): void {
    const condition = { type: 'Ready', status: 'False' } as const;
    const next = withCondition(pod, condition, timestamp(this.#clock.wallTimeMs()));
    this.#link.update(resourceTypes.pods, next, { subresource: 'status' });
  }

  #podsOn(node: string): readonly StoredObject[] {
    return this.#link.list(resourceTypes.pods).filter((pod) => nodeNameOf(pod) === node);
  }

  #keepTaints(name: string): void {
    const node = this.#link.get(resourceTypes.nodes, undefined, name);
    if (node === undefined) return;
    const own = [UNREACHABLE, NOT_READY, UNSCHEDULABLE];
    const foreign = listAt(node, 'spec', 'taints').filter(
      (taint) => !own.includes(stringAt(taint, 'key') ?? ''),
    );
    const present = listAt(node, 'spec', 'taints');
    const wanted = [...foreign, ...wantedTaints(node).map((taint) => this.#withTimeOf(taint, present))];
    if (!this.#taintedSince.has(name) && wanted.some(isNoExecute))
      this.#taintedSince.set(name, this.#clock.now());
    if (!wanted.some(isNoExecute)) this.#taintedSince.delete(name);
    if (jsonEquals(wanted, present)) return;
    this.#link.update(resourceTypes.nodes, {
      ...node,
      spec: { ...objectAt(node, 'spec'), taints: wanted.length === 0 ? undefined : wanted },
    });
  }

  #withTimeOf(taint: JsonObject, present: readonly Json[]): JsonObject {
    const same = present.find(
      (each) => stringAt(each, 'key') === taint.key && stringAt(each, 'effect') === taint.effect,
    );
    return { ...taint, timeAdded: stringAt(same, 'timeAdded') ?? timestamp(this.#clock.wallTimeMs()) };
  }

  /** Deletes the pods that have been on a NoExecute-tainted node for longer than they tolerate. */
  #evict(name: string): void {
    const since = this.#taintedSince.get(name);
    const node = this.#link.get(resourceTypes.nodes, undefined, name);
    if (since === undefined || node === undefined) return;
    const taints = listAt(node, 'spec', 'taints').filter(isNoExecute);
    for (const pod of this.#podsOn(name)) {
      if (isLeaving(pod) || this.#clock.now() - since <= toleratedMs(pod, taints)) continue;
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      } as const;
      const marked = withCondition(pod, condition, timestamp(this.#clock.wallTimeMs()));
      this.#link.update(resourceTypes.pods, marked, { subresource: 'status' });
      const { namespace, name: podName, uid } = pod.metadata;
      this.#link.delete(resourceTypes.pods, namespace, podName, { uid });
    }
  }
}

function isNoExecute(taint: Json): boolean {
  return stringAt(taint, 'effect') === 'NoExecute';
}

function wantedTaints(node: StoredObject): readonly JsonObject[] {
  const ready = conditionStatus(node, 'Ready');
  const key =
    ready === 'True' || ready === undefined ? undefined : ready === 'Unknown' ? UNREACHABLE : NOT_READY;
  const lost = key === undefined ? [] : ['NoSchedule', 'NoExecute'].map((effect) => ({ key, effect }));
  const cordoned = booleanAt(node, 'spec', 'unschedulable') === true;
  return [...lost, ...(cordoned ? [{ key: UNSCHEDULABLE, effect: 'NoSchedule' }] : [])];
}

/** The shortest of the tolerations that apply; without one for every taint, nothing. */
function toleratedMs(pod: StoredObject, taints: readonly Json[]): number {
  const tolerations = listAt(pod, 'spec', 'tolerations');
  const times = taints.map((taint) => {
    const applying = tolerations.filter((each) => tolerates(each, taint));
    if (applying.length === 0) return 0;
    return Math.min(
      ...applying.map((each) => (numberAt(each, 'tolerationSeconds') ?? Number.POSITIVE_INFINITY) * 1_000),
    );
  });
  return Math.min(...times);
}
