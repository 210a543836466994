/**
 * Owns what can be broken in a running sandbox beside its API's answers: containers, nodes, and the API for everybody.
 * Must not invent failures: each is one that a machine or a network has.
 */
import type { Clock } from '../time/clock.ts';
import type { ApiFaults } from './api/faults.ts';
import { listAt, stringAt } from './api/json.ts';
import { resourceTypes } from './api/resource-types.ts';
import type { Cluster } from './cluster.ts';
import { type FaultRequest, FaultRequestError } from './decode-fault.ts';
import type { Signal } from './node/processes.ts';

const PARTITION = 'partition';

export interface CrashTarget {
  readonly namespace?: string;
  readonly pod: string;
  /** The first one unless named. */
  readonly container?: string;
}

export class SandboxFaults {
  /** Slow or failing answers, late or broken watches. */
  readonly api: ApiFaults;
  readonly #cluster: Cluster;
  readonly #clock: Clock;

  constructor(cluster: Cluster, api: ApiFaults, clock: Clock) {
    this.#cluster = cluster;
    this.api = api;
    this.#clock = clock;
    // A stopped API is stopped for kubelets and controllers too, whoever stopped it.
    api.onOutage((down) => (down ? cluster.stopApi() : cluster.startApi()));
  }

  /**
   * Signals the container's process group. Returns the pid.
   * @throws FaultRequestError when it isn't running
   */
  crash(target: CrashTarget, signal: Signal = 'SIGKILL'): number {
    const { namespace = 'default', pod } = target;
    const container = target.container ?? this.#firstContainer(namespace, pod);
    const life = this.#cluster.container(namespace, pod, container)?.life;
    if (life === undefined || !life.running) {
      throw new FaultRequestError(
        `container ${JSON.stringify(container)} of pod ${namespace}/${pod} is not running`,
      );
    }
    life.signal(signal);
    return life.pid;
  }

  /**
   * Cuts the node's kubelet off from the API: no heartbeat, no status, no orders. Its processes live on.
   * @throws FaultRequestError
   */
  partition(node: string, durationMs?: number): void {
    this.#kubelet(node).link.cut(PARTITION);
    if (durationMs !== undefined) this.#clock.schedule(durationMs, () => this.heal(node));
  }

  /** @throws FaultRequestError */
  heal(node: string): void {
    this.#kubelet(node).link.heal(PARTITION);
  }

  healAll(): void {
    for (const { link } of this.#cluster.kubelets) link.heal(PARTITION);
    this.api.heal();
  }

  stopApi(durationMs: number): void {
    this.api.stopApi(durationMs);
  }

  /**
   * Carries a request out and returns a sentence that says so.
   * @throws FaultRequestError
   */
  carryOut(request: FaultRequest): string {
    switch (request.kind) {
      case 'crash': {
        const { container, ...target } = request;
        const pid = this.crash(
          { ...target, ...(container === undefined ? {} : { container }) },
          request.signal,
        );
        return `sent ${request.signal} to process ${pid} of pod ${request.pod}`;
      }
      case 'partition':
        this.partition(request.node, request.durationMs);
        return `${request.node} is cut off from the API${lasting(request.durationMs)}`;
      case 'heal':
        if (request.node === undefined) this.healAll();
        else this.heal(request.node);
        return request.node === undefined ? 'all faults ended' : `${request.node} reaches the API again`;
      case 'delayWatches':
        this.api.delayWatches(request.delayMs);
        return `watch events are ${request.delayMs} ms late`;
      case 'dropWatches':
        return `broke ${this.api.dropWatches()} watches`;
      case 'slowAnswers':
        this.api.slowAnswers(request.delayMs);
        return `answers are ${request.delayMs} ms late`;
      case 'failWrites':
        this.api.failWrites(request.failure, request.limits, request.filter);
        return `writes fail with ${request.failure}${lasting(request.limits.durationMs)}`;
      case 'stopApi':
        // After the answer to this very request is out: the outage breaks its connection too.
        this.#clock.schedule(ANSWER_FIRST_MS, () => this.stopApi(request.durationMs));
        return `the API is gone for ${request.durationMs} ms`;
    }
  }

  #kubelet(node: string) {
    const kubelet = this.#cluster.kubelet(node);
    if (kubelet !== undefined) return kubelet;
    const names = this.#cluster.kubelets.map((each) => each.node.name).join(', ');
    throw new FaultRequestError(`no node ${JSON.stringify(node)}; there are ${names}`);
  }

  #firstContainer(namespace: string, pod: string): string {
    const object = this.#cluster.store.get(resourceTypes.pods, namespace, pod);
    if (object === undefined) throw new FaultRequestError(`no pod ${namespace}/${pod}`);
    return stringAt(listAt(object, 'spec', 'containers')[0], 'name') ?? '';
  }
}

const ANSWER_FIRST_MS = 20;

function lasting(durationMs: number | undefined): string {
  return durationMs === undefined ? '' : ` for ${durationMs} ms`;
}
