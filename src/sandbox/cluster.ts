/**
 * Owns a cluster without its edges: controllers and kubelets around one store, on whatever clock and processes it is
 * given. The sandbox runs it on the machine's, tests and the simulation on simulated ones.
 * Must not open sockets or start processes itself.
 */
import type { Clock, Random } from '../time/clock.ts';
import { type AddressPlan, firstAddressPlan } from './address-plan.ts';
import { stringAt } from './api/json.ts';
import { resourceTypes } from './api/resource-types.ts';
import type { Store } from './api/store.ts';
import type { Controller } from './controllers/controller.ts';
import type { NodeLifecycleOptions } from './controllers/node-lifecycle.ts';
import { startControllers } from './controllers/start-controllers.ts';
import type { ContainerDirectories } from './node/container-directories.ts';
import type { ContainerRunner } from './node/container-runner.ts';
import type { Pod } from './node/decode-pod.ts';
import type { Images } from './node/images.ts';
import { Kubelet } from './node/kubelet.ts';
import { createPleg, type PlegMode } from './node/pleg.ts';
import type { ProbeNetwork } from './node/probe-network.ts';
import type { Processes } from './node/processes.ts';
import { StoreLink } from './store-link.ts';

export interface ClusterOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
  readonly images: Images;
  readonly directories: ContainerDirectories;
  readonly probeNetwork: ProbeNetwork;
  /** How many nodes there are: node1, node2 ... */
  readonly nodes: number;
  readonly pleg: PlegMode;
  readonly addresses?: AddressPlan;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  readonly baseEnvironment?: (pod: Pod) => Readonly<Record<string, string>>;
}

const API_STOPPED = 'API stopped';

export class Cluster {
  readonly store: Store;
  readonly kubelets: readonly Kubelet[];
  readonly #controllerLink: StoreLink;
  readonly #controllers: Controller;

  constructor(options: ClusterOptions) {
    const { store, clock, addresses = firstAddressPlan } = options;
    this.store = store;
    this.#controllerLink = new StoreLink(store);
    this.kubelets = Array.from({ length: options.nodes }, (_, index) =>
      createKubelet(options, addresses, index + 1),
    );
    for (const kubelet of this.kubelets) kubelet.start();
    this.#controllers = startControllers({
      link: this.#controllerLink,
      clock,
      servicePrefix: addresses.servicePrefix,
      ...(options.nodeLifecycle === undefined ? {} : { nodeLifecycle: options.nodeLifecycle }),
    });
  }

  /** For everyone at once, as when the API server is down: kubelets and controllers can't reach it either. */
  stopApi(): void {
    for (const link of this.#links()) link.cut(API_STOPPED);
  }

  startApi(): void {
    for (const link of this.#links()) link.heal(API_STOPPED);
  }

  kubelet(node: string): Kubelet | undefined {
    return this.kubelets.find((kubelet) => kubelet.node.name === node);
  }

  /** The container as its node knows it; undefined when there is no such pod, or no node has it. */
  container(namespace: string, pod: string, container: string): ContainerRunner | undefined {
    const object = this.store.get(resourceTypes.pods, namespace, pod);
    if (object === undefined) return undefined;
    return this.kubelet(stringAt(object, 'spec', 'nodeName') ?? '')?.container(
      object.metadata.uid,
      container,
    );
  }

  /** Forgets everything at once. The processes are ended by who owns them. */
  close(): void {
    this.#controllers.close();
    for (const kubelet of this.kubelets) kubelet.close();
  }

  #links(): readonly StoreLink[] {
    return [this.#controllerLink, ...this.kubelets.map(({ link }) => link)];
  }
}

function createKubelet(options: ClusterOptions, addresses: AddressPlan, number: number): Kubelet {
  const { clock, random, store } = options;
  const podAddressPrefix = `${addresses.podPrefix}.${number}`;
  return new Kubelet({
    ...options,
    baseEnvironment: options.baseEnvironment ?? (() => ({})),
    node: {
      name: `node${number}`,
      ip: `${addresses.podPrefix}.0.${number}`,
      podNetwork: `${podAddressPrefix}.0/24`,
    },
    podAddressPrefix,
    pleg: createPleg(options.pleg, clock, random),
    link: new StoreLink(store),
  });
}
