/**
 * Owns a cluster on a simulated clock, with processes in memory and instant probes: for tests and the simulation.
 * Must not touch real time, the machine's processes or its files.
 */
import { SeededRandom, SimulatedClock } from '../time/simulated-clock.ts';
import type { StoreEvent } from './api/collection.ts';
import { type Json, listAt, stringAt } from './api/json.ts';
import { resourceTypes } from './api/resource-types.ts';
import { Store } from './api/store.ts';
import type { StoredObject } from './api/stored-object.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { conditionStatus, isLeaving } from './controllers/controller.ts';
import { imaginaryDirectories } from './node/container-directories.ts';
import { FakeProcesses, type FakeProgram } from './node/fake-processes.ts';
import { createImages } from './node/images.ts';

/** Serves until it is told to end; `stubborn` only ends by SIGKILL; `cat` finds its file. */
const programs: Readonly<Record<string, FakeProgram>> = {
  server: () => undefined,
  stubborn: () => ({ onSignal: () => {} }),
  slow: (process) => ({ onSignal: () => process.clock.schedule(3_000, () => process.exit(0)) }),
  once: (process) => {
    process.clock.schedule(500, () => process.exit(0));
    return undefined;
  },
  cat: (process) => {
    process.exit(0);
    return undefined;
  },
};

const image = { command: ['server'], args: [], programs: {} };

export class SimulatedCluster {
  readonly clock = new SimulatedClock();
  readonly random = new SeededRandom(7);
  readonly store = new Store({ clock: this.clock, random: this.random });
  readonly processes = new FakeProcesses(this.clock, programs);
  readonly events: StoreEvent[] = [];
  readonly cluster: Cluster;

  constructor(options: Partial<ClusterOptions> = {}) {
    this.store.subscribe(resourceTypes.pods, (event) => this.events.push(event));
    this.cluster = new Cluster({
      store: this.store,
      clock: this.clock,
      random: this.random,
      processes: this.processes,
      images: createImages({ 'server:v1': image }),
      directories: imaginaryDirectories,
      probeNetwork: { connect: async () => undefined, request: async () => undefined },
      nodes: 2,
      pleg: 'instant',
      ...options,
    });
  }

  replicaSet(replicas: number, container: object = {}, spec: object = {}): void {
    const containers = [{ name: 'main', image: 'server:v1', ...container }];
    this.store.create(resourceTypes.replicasets, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers, ...spec } },
      },
    });
  }

  pods(): readonly StoredObject[] {
    return this.store.list(resourceTypes.pods, { namespace: 'default' });
  }

  ready(): readonly StoredObject[] {
    return this.pods().filter((pod) => conditionStatus(pod, 'Ready') === 'True' && !isLeaving(pod));
  }

  first(): StoredObject {
    const [pod] = this.pods();
    if (pod === undefined) throw new Error('there is no pod');
    return pod;
  }

  find(name: string): StoredObject | undefined {
    return this.store.get(resourceTypes.pods, 'default', name);
  }

  crash(name: string): void {
    this.cluster.container('default', name, 'main')?.life?.signal('SIGSEGV');
  }

  until(condition: () => boolean, withinMs: number, what: string): Promise<void> {
    return this.clock.advanceUntil(condition, withinMs, what);
  }

  status(name: string): Json | undefined {
    const [status] = listAt(this.find(name), 'status', 'containerStatuses');
    return status;
  }

  endpoints(): readonly string[] {
    const [slice] = this.store.list(resourceTypes.endpointslices, { namespace: 'default' });
    return listAt(slice, 'endpoints').map(
      (endpoint) =>
        `${stringAt(endpoint, 'targetRef', 'name')}:${JSON.stringify(listAt(endpoint, 'addresses'))}`,
    );
  }
}

/** Two ready pods of one ReplicaSet. */
export async function clusterOfTwo(
  options: Partial<ClusterOptions> = {},
  spec: object = {},
): Promise<SimulatedCluster> {
  const world = new SimulatedCluster(options);
  world.replicaSet(2, {}, spec);
  await world.until(() => world.ready().length === 2, 5_000, 'two ready pods');
  return world;
}
