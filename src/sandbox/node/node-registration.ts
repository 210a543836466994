/**
 * Owns a node's own objects in the API: the Node with its addresses and conditions, and the Lease that is its heartbeat.
 * Must not know pods.
 */
import type { Clock, Timer } from '../../time/clock.ts';
import { ApiError } from '../api/api-error.ts';
import { type JsonObject, listAt, objectAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { timestamp } from '../api/stored-object.ts';
import { ApiUnreachableError, type StoreLink } from '../store-link.ts';
import { NODE_LEASE_DURATION_SECONDS, NODE_LEASE_RENEW_MS, PODS_PER_NODE_MAX } from './limits.ts';

const LEASE_NAMESPACE = 'kube-node-lease';

export interface NodeIdentity {
  readonly name: string;
  readonly ip: string;
  readonly podNetwork: string;
}

export class NodeRegistration {
  readonly #node: NodeIdentity;
  readonly #link: StoreLink;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #registered = false;
  #closed = false;

  constructor(node: NodeIdentity, link: StoreLink, clock: Clock) {
    this.#node = node;
    this.#link = link;
    this.#clock = clock;
  }

  /** Registers at once, then renews; also right after an interruption. */
  start(): void {
    this.#link.onReconnected(() => this.#beat());
    this.#beat();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #beat(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.schedule(NODE_LEASE_RENEW_MS, () => this.#beat());
    try {
      this.#keepNode();
      this.#renewLease();
    } catch (error) {
      // A cut link, or a write of someone else in between: the next beat says it again.
      if (!(error instanceof ApiUnreachableError || error instanceof ApiError)) throw error;
    }
  }

  /** A Node that somebody deletes stays away until its kubelet is started again (kubelet: registrationCompleted). */
  #keepNode(): void {
    const present = this.#link.get(resourceTypes.nodes, undefined, this.#node.name);
    if (present === undefined) {
      if (!this.#registered) this.#link.create(resourceTypes.nodes, this.#newNode());
      this.#registered = true;
      return;
    }
    this.#registered = true;
    const status = objectAt(present, 'status');
    const before = listAt(status, 'conditions');
    const ready = before.find((condition) => stringAt(condition, 'type') === 'Ready');
    if (stringAt(ready, 'status') === 'True') return;
    // What a network says of the node stays: conditions are merged by type (kubelet: PatchNodeStatus).
    const own = this.#conditions();
    const types = new Set(own.map(({ type }) => type));
    const others = before.filter((condition) => !types.has(stringAt(condition, 'type')));
    this.#link.update(
      resourceTypes.nodes,
      { ...present, status: { ...status, conditions: [...others, ...own] } },
      { subresource: 'status' },
    );
  }

  #renewLease(): void {
    const { name } = this.#node;
    const renewTime = `${new Date(this.#clock.wallTimeMs()).toISOString().slice(0, -1)}000Z`;
    const spec = { holderIdentity: name, leaseDurationSeconds: NODE_LEASE_DURATION_SECONDS, renewTime };
    const present = this.#link.get(resourceTypes.leases, LEASE_NAMESPACE, name);
    if (present !== undefined) this.#link.update(resourceTypes.leases, { ...present, spec });
    else this.#link.create(resourceTypes.leases, { metadata: { namespace: LEASE_NAMESPACE, name }, spec });
  }

  #newNode(): JsonObject {
    const { name, ip, podNetwork } = this.#node;
    const resources = { cpu: '2', memory: '4Gi', pods: String(PODS_PER_NODE_MAX) };
    return {
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'understudy.dev/sandbox': 'true',
        },
      },
      spec: { podCIDR: podNetwork, podCIDRs: [podNetwork], providerID: `sandbox://${name}` },
      status: {
        addresses: [
          { type: 'InternalIP', address: ip },
          { type: 'Hostname', address: name },
        ],
        capacity: resources,
        allocatable: resources,
        conditions: this.#conditions(),
        nodeInfo: nodeInfo(name),
      },
    };
  }

  #conditions(): readonly JsonObject[] {
    const now = timestamp(this.#clock.wallTimeMs());
    const condition = (type: string, status: string, reason: string, message: string) => ({
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    return [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ];
  }
}

function nodeInfo(name: string): JsonObject {
  return {
    architecture: 'amd64',
    bootID: name,
    containerRuntimeVersion: 'sandbox://local-processes',
    kernelVersion: 'local',
    kubeProxyVersion: 'v1.36.0-sandbox',
    kubeletVersion: 'v1.36.0-sandbox',
    machineID: name,
    operatingSystem: 'linux',
    osImage: 'Understudy sandbox',
    systemUUID: name,
  };
}
