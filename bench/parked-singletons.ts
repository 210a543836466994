/**
 * Owns singletons that exist in a store only: pods that are Ready and run nowhere, so that thousands cost no process.
 * Must not decide who is active: the controller under test does.
 */
import { resourceTypes } from '../src/sandbox/api/resource-types.ts';
import type { Store } from '../src/sandbox/api/store.ts';
import type { StoredObject } from '../src/sandbox/api/stored-object.ts';

const nodeName = 'parked';

/** Everything addressed to these pods goes here; whoever runs the bench listens for what they are told. */
export const parkedAddress = '127.0.0.1';

export class ParkedSingletons {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    const conditions = [{ type: 'Ready', status: 'True' }];
    store.create(resourceTypes.nodes, { metadata: { name: nodeName }, status: { conditions } });
  }

  /** A namespace of its own with two pods app=hapod, as the controller adopts them. */
  add(namespace: string): void {
    this.#store.create(resourceTypes.namespaces, { metadata: { name: namespace } });
    this.addPod(namespace);
    this.addPod(namespace);
  }

  addPod(namespace: string): void {
    const pod = this.#store.create(resourceTypes.pods, {
      metadata: { generateName: 'parked-', namespace, labels: { app: 'hapod', role: 'standby' } },
      spec: {
        nodeName,
        containers: [
          { name: 'critical', image: 'pause', env: [{ name: 'pwcriticality', value: 'critical' }] },
        ],
      },
    });
    const status = runningStatus(pod.metadata.uid);
    this.#store.update(resourceTypes.pods, { ...pod, status }, { subresource: 'status' });
  }

  /** Deletes the active pod by force, and puts another standby in its place. Returns the deleted pod's name. */
  deleteActive(namespace: string): string {
    const active = this.active(namespace);
    if (active === undefined) throw new Error(`${namespace} has no active pod to delete`);
    const { name } = active.metadata;
    this.#store.delete(resourceTypes.pods, namespace, name, { gracePeriodSeconds: 0 });
    return name;
  }

  /** The one pod with role=active; undefined where there is none, or more than one. */
  active(namespace: string): StoredObject | undefined {
    const [active, ...more] = this.#store.list(resourceTypes.pods, { namespace }).filter(isActive);
    return more.length === 0 ? active : undefined;
  }
}

export function isActive({ metadata }: StoredObject): boolean {
  return metadata.labels?.role === 'active';
}

function runningStatus(uid: string) {
  const containerID = `containerd://${uid.replaceAll('-', '').padEnd(64, '0')}`;
  return {
    phase: 'Running',
    podIP: parkedAddress,
    podIPs: [{ ip: parkedAddress }],
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      {
        name: 'critical',
        image: 'pause',
        imageID: 'pause',
        containerID,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
        lastState: {},
      },
    ],
  };
}
