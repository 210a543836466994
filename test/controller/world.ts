/*
 * Owns a small world in simulated time: the sandbox's API, pods without processes, controllers, and an eye on it all.
 * Must not help the controllers: what they know, they know from the API.
 */
import assert from 'node:assert/strict';
import { groupOf, parseAdoption } from '../../src/controller/adoption.ts';
import { type Controller, startController } from '../../src/controller/controller.ts';
import type { LogFields } from '../../src/controller/log.ts';
import { noMetrics } from '../../src/controller/metrics.ts';
import type { NotifyOutcome } from '../../src/controller/notify.ts';
import { decodeTold } from '../../src/controller/pod-codec.ts';
import { decodeLease, type LeaseObject } from '../../src/kube/decode-lease.ts';
import { decodePod, type PodObject } from '../../src/kube/decode-pod.ts';
import { ApiFaults } from '../../src/sandbox/api/faults.ts';
import { ApiHandler } from '../../src/sandbox/api/handler.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { Store } from '../../src/sandbox/api/store.ts';
import { SeededRandom, SimulatedClock } from '../../src/time/simulated-clock.ts';
import { encodeDatagram } from '../../src/wire/notify.ts';
import { SimulatedHosts } from './simulated-hosts.ts';
import { WorldTransport } from './world-transport.ts';

export interface WorldOptions {
  readonly seed?: number;
  readonly namespaces?: readonly string[];
  readonly safety?: 'Prompt' | 'Strict';
  /** From a controller to the API and back; 2 to 6 ms where it is not given. */
  readonly roundTripMs?: number;
  readonly adopt?: string;
  /** Controllers look after Singletons, and adopt nothing by label. */
  readonly singletons?: boolean;
  /** What controllers may not list or watch, by the path of the request. */
  readonly isForbidden?: (path: string) => boolean;
}

export interface PodOptions {
  readonly namespace?: string;
  readonly role?: string | undefined;
  readonly critical?: boolean;
  readonly ready?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** UID of the ReplicaSet that made it. */
  readonly owner?: string;
  readonly node?: string;
}

export interface LogLine {
  readonly controller: string;
  readonly level: string;
  readonly sentence: string;
  readonly fields: LogFields;
}

export interface WorldController {
  readonly name: string;
  readonly controller: Controller;
  readonly watch: WorldTransport;
  readonly write: WorldTransport;
  /** As kill -9: nothing of it goes on, nobody is told. */
  kill(): void;
}

let instances = 0;

export class World {
  readonly clock = new SimulatedClock();
  readonly random: SeededRandom;
  readonly store: Store;
  readonly faults: ApiFaults;
  /** Where tripwires dial. */
  readonly hosts = new SimulatedHosts(this.clock);
  readonly handler: ApiHandler;
  readonly log: LogLine[] = [];
  readonly bugs: unknown[] = [];
  /** Datagrams by the address they went to. */
  readonly notices: { readonly ip: string; readonly text: string }[] = [];
  readonly controllers: WorldController[] = [];
  /** What must never have been: see watchOver(). */
  readonly violations: string[] = [];
  notifyOutcome: NotifyOutcome = { kind: 'sent' };
  readonly #options: WorldOptions;
  #addresses = 0;
  #containers = 0;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.random = new SeededRandom(options.seed ?? 1);
    this.store = new Store({ clock: this.clock, random: new SeededRandom((options.seed ?? 1) + 1) });
    this.faults = new ApiFaults(this.clock);
    const pods = { exec: async () => 0, logs: async () => undefined };
    this.handler = new ApiHandler({
      store: this.store,
      clock: this.clock,
      random: this.random,
      pods,
      faults: this.faults,
      onBug: (error) => this.bugs.push(error),
    });
    for (const name of options.namespaces ?? [])
      this.store.create(resourceTypes.namespaces, { metadata: { name } });
    this.#watchOver();
  }

  addController(name: string): WorldController {
    const { roundTripMs, isForbidden, adopt = 'app=hapod' } = this.#options;
    const latencyMs = () => (roundTripMs === undefined ? 1 + this.random.fraction() * 2 : roundTripMs / 2);
    const link = { handler: this.handler, clock: this.clock, latencyMs };
    const watch = new WorldTransport(link, isForbidden);
    const write = new WorldTransport(link);
    const parsed = parseAdoption(adopt);
    assert.equal(parsed.kind, 'adoption');
    const controller = startController({
      settings: {
        adoptions:
          this.#options.singletons === true && this.#options.adopt === undefined ? [] : [parsed.adoption],
        singletons: this.#options.singletons === true,
        namespaces: this.#options.namespaces ?? [],
        safety: this.#options.safety ?? 'Prompt',
        notifyPort: 10_001,
        name,
        controllerNamespace: 'default',
      },
      instance: `i${instances++}`,
      watchTransport: watch,
      writeTransport: write,
      clock: this.clock,
      random: this.random,
      notifier: {
        send: async ({ ip, channel }, notice) => {
          assert.equal(channel.kind, 'udp');
          const text = encodeDatagram(channel.format, notice);
          assert.ok(text !== undefined, 'nothing is sent that the format has no word for');
          if (!write.dead) this.notices.push({ ip, text });
          return this.notifyOutcome;
        },
        close: () => undefined,
      },
      dialer: this.hosts,
      log: {
        write: (level, sentence, fields = {}) => {
          if (write.dead) return;
          this.log.push({ controller: name, level, sentence, fields });
          if (fields.error !== undefined) this.bugs.push(fields.error);
        },
      },
      metrics: noMetrics,
    });
    const kill = () => {
      watch.dead = true;
      write.dead = true;
    };
    const added = { name, controller, watch, write, kill };
    this.controllers.push(added);
    return added;
  }

  /** Two controllers with pods of their own, as a ReplicaSet would have them. */
  addControllerPod(name: string): void {
    this.#createPod(name, 'default', { app: 'icr', role: 'standby' }, false, [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'myicrrset', uid: 'icr-owner', controller: true },
    ]);
    this.#writeStatus(name, 'default', true);
  }

  addPod(name: string, options: PodOptions = {}): void {
    const { namespace = 'default', critical = true, ready = true } = options;
    const role = 'role' in options ? options.role : 'standby';
    const labels = { app: 'hapod', ...(role === undefined ? {} : { role }), ...options.labels };
    const { owner } = options;
    const owners =
      owner === undefined
        ? []
        : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }];
    this.#createPod(name, namespace, labels, critical, owners, options.node);
    this.#writeStatus(name, namespace, ready);
  }

  /** The kubelet's report that a container ended, and was restarted in place. */
  crash(name: string, namespace = 'default'): void {
    const pod = this.pod(name, namespace);
    const container = pod?.containers[0];
    if (pod === undefined || container === undefined) return;
    this.#writeStatus(name, namespace, true, container.restartCount + 1, container.containerId);
  }

  setReady(name: string, ready: boolean): void {
    this.#writeStatus(name, 'default', ready);
  }

  /** Beside Ready, this condition of the pod is True. */
  setCondition(name: string, type: string): void {
    const conditions = [
      { type: 'Ready', status: 'True' },
      { type, status: 'True' },
    ];
    const patch = { type: 'merge' as const, body: { status: { conditions } } };
    this.store.patch(resourceTypes.pods, 'default', name, patch, { subresource: 'status' });
  }

  addNode(name: string, { cordoned = false, hasCilium = false } = {}): void {
    this.store.create(resourceTypes.nodes, { metadata: { name }, spec: { unschedulable: cordoned } });
    const cilium = { type: 'NetworkUnavailable', status: 'False', reason: 'CiliumIsUp' };
    const conditions = [{ type: 'Ready', status: 'True' }, ...(hasCilium ? [cilium] : [])];
    const body = { status: { conditions } };
    this.store.patch(
      resourceTypes.nodes,
      undefined,
      name,
      { type: 'merge', body },
      { subresource: 'status' },
    );
  }

  /** As kubectl cordon. */
  cordon(name: string): void {
    const patch = { type: 'merge' as const, body: { spec: { unschedulable: true } } };
    this.store.patch(resourceTypes.nodes, undefined, name, patch);
  }

  /** As kubectl delete --force. */
  forceDelete(name: string, namespace = 'default'): void {
    if (this.pod(name, namespace) === undefined) return;
    this.store.delete(resourceTypes.pods, namespace, name, { gracePeriodSeconds: 0 });
  }

  pod(name: string, namespace = 'default'): PodObject | undefined {
    const stored = this.store.get(resourceTypes.pods, namespace, name);
    return stored === undefined ? undefined : decodePod(stored, { keepEnv: [] });
  }

  pods(app = 'hapod', namespace?: string): readonly PodObject[] {
    return this.store
      .list(resourceTypes.pods, namespace === undefined ? {} : { namespace })
      .map((stored) => decodePod(stored, { keepEnv: [] }))
      .filter((pod) => pod.labels.app === app);
  }

  actives(namespace = 'default'): readonly string[] {
    return this.pods('hapod', namespace)
      .filter((pod) => pod.labels.role === 'active' && pod.deletion === undefined)
      .map(({ name }) => name);
  }

  record(namespace = 'default'): LeaseObject | undefined {
    const stored = this.store.get(resourceTypes.leases, namespace, 'understudy-hapod');
    return stored === undefined ? undefined : decodeLease(stored);
  }

  /** Exactly one active, and it is the one that the record names, and it was told. */
  isSettled(namespace = 'default'): boolean {
    const [active, ...more] = this.actives(namespace);
    const record = this.record(namespace);
    if (active === undefined || more.length > 0 || record?.holder !== active) return false;
    const told = decodeTold(this.pod(active, namespace)?.annotations['understudy.dev/told'] ?? '');
    return told?.epoch === record.transitions && told.isHeard;
  }

  settle(withinMs = 10_000, namespace = 'default'): Promise<void> {
    return this.clock.advanceUntil(
      () => this.isSettled(namespace),
      withinMs,
      'one active, recorded and told',
    );
  }

  pairHolder(): string | undefined {
    const parsed = parseAdoption('app=hapod');
    assert.equal(parsed.kind, 'adoption');
    const name = `understudy.controllers.${groupOf({
      adoptions: [parsed.adoption],
      singletons: false,
      namespaces: this.#options.namespaces ?? [],
    })}`;
    const stored = this.store.get(resourceTypes.leases, 'default', name);
    return stored === undefined ? undefined : decodeLease(stored).holder;
  }

  sentences(pattern: RegExp): readonly string[] {
    return this.log.map(({ sentence }) => sentence).filter((sentence) => pattern.test(sentence));
  }

  /** Ends all controllers, and fails for what must never have been. */
  async end(): Promise<void> {
    const stopped = Promise.all(
      this.controllers.filter(({ write }) => !write.dead).map(({ controller }) => controller.stop()),
    );
    await this.clock.advance(3_000);
    await stopped;
    assert.deepEqual(this.bugs, []);
    assert.deepEqual(this.violations, []);
  }

  #createPod(
    name: string,
    namespace: string,
    labels: Readonly<Record<string, string>>,
    critical: boolean,
    ownerReferences: readonly object[] = [],
    nodeName = 'node-1',
  ): void {
    const env = critical ? [{ name: 'pwcriticality', value: 'critical' }] : [];
    this.store.create(resourceTypes.pods, {
      metadata: { name, namespace, labels, ownerReferences },
      spec: { nodeName, containers: [{ name: 'main', image: 'x', env }] },
    });
  }

  #writeStatus(name: string, namespace: string, ready: boolean, restarts?: number, ended?: string): void {
    const pod = this.pod(name, namespace);
    const container = pod?.containers[0];
    const restartCount = restarts ?? container?.restartCount ?? 0;
    const isNewLife = restarts !== undefined || container?.containerId === undefined;
    const containerID = isNewLife
      ? `containerd://${(++this.#containers).toString(16).padStart(12, '0').padEnd(64, '0')}`
      : container.containerId;
    const lastState = ended === undefined ? {} : { terminated: { exitCode: 139, containerID: ended } };
    const ip = pod?.ip ?? `10.0.0.${++this.#addresses}`;
    const status = {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }, { ip: `fd00::${ip.split('.').at(-1)}` }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'main',
          image: 'x',
          imageID: '',
          ready,
          restartCount,
          containerID,
          state: { running: {} },
          lastState,
        },
      ],
    };
    const patch = { type: 'merge' as const, body: { status } };
    this.store.patch(resourceTypes.pods, namespace, name, patch, { subresource: 'status' });
  }

  /** Independent of the controllers: an epoch has one holder and only grows, and there are never two actives. */
  #watchOver(): void {
    const epochs = new Map<string, { epoch: number; holder: string | undefined }>();
    this.store.subscribe(resourceTypes.leases, ({ type, object }) => {
      const lease = decodeLease(object);
      if (lease.labels['understudy.dev/lease'] !== 'record' || type === 'DELETED') return;
      const before = epochs.get(lease.namespace);
      const { transitions: epoch, holder } = lease;
      if (
        before !== undefined &&
        (epoch < before.epoch || (epoch === before.epoch && holder !== before.holder))
      ) {
        this.violations.push(
          `epoch ${before.epoch} of ${before.holder} was followed by ${epoch} of ${holder}`,
        );
      }
      epochs.set(lease.namespace, { epoch, holder });
    });
    this.store.subscribe(resourceTypes.pods, ({ object }) => {
      const actives = this.actives(object.metadata.namespace);
      if (actives.length > 1) this.violations.push(`several actives: ${actives.join(', ')}`);
    });
  }
}
