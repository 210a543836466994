/**
 * Owns nodes without a machine behind them, and what a kubelet would say of the pods on them: those of the cluster carry
 * other work. Must not be left behind: each file removes its own.
 */
import assert from 'node:assert/strict';
import type { Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import { type PodOptions, pod, replicaSet } from './objects.ts';
import type { Target } from './target.ts';

/**
 * The taint keeps other work off these nodes; a zone of their own keeps their silence out of the node controller's count
 * of lost nodes, which evicts more slowly, or not at all, where many are (nodelifecycle, handleDisruption).
 */
export const reserved = { key: 'conformance.understudy.dev/reserved', effect: 'NoSchedule' } as const;

export class ImaginedNodes {
  readonly #target: Target;
  #made: string[] = [];

  constructor(target: Target) {
    this.#target = target;
  }

  /** The name of a node that says Ready once, and then nothing. */
  async make(suffix: string): Promise<string> {
    const { api, namespace } = this.#target;
    const name = `${namespace}-${suffix}`;
    this.#made.push(name);
    this.#target.goesToo(`/api/v1/nodes/${name}`);
    const created = await api.post('/api/v1/nodes', {
      metadata: { name, labels: { [reserved.key]: '', 'topology.kubernetes.io/zone': name } },
      spec: { taints: [reserved] },
    });
    assert.equal(created.status, 201, created.text);
    const now = new Date().toISOString();
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
    };
    const conditions = [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }];
    const said = await api.patch(`/api/v1/nodes/${name}/status`, 'merge', { status: { conditions } });
    assert.equal(said.status, 200, said.text);
    return name;
  }

  async remove(): Promise<void> {
    for (const name of this.#made) await this.#target.api.delete(`/api/v1/nodes/${name}`);
    this.#made = [];
  }

  /** A pod on that node of which its kubelet has said, as the last thing, that it runs and is Ready. */
  async run(name: string, nodeName: string, options: PodOptions = {}): Promise<Body> {
    const { api, namespace } = this.#target;
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const created = await api.post(pods, pod(name, { nodeName, ...options }));
    assert.equal(created.status, 201, created.text);
    return this.say(name, 'True');
  }

  /** The names of the pods of a new ReplicaSet, all of them Ready, on a new node that is named after it. */
  async runSet(
    app: string,
    replicas: number,
    options: PodOptions = {},
  ): Promise<readonly [string, string, string]> {
    const { api, namespace } = this.#target;
    const nodeName = await this.make(app);
    const object = replicaSet(app, replicas, { nodeName, graceSeconds: 0, ...options });
    const created = await api.post(`/apis/apps/v1/namespaces/${namespace}/replicasets`, object);
    assert.equal(created.status, 201, created.text);
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`;
    const items: readonly Body[] = await eventually(`${replicas} pods of ${app}`, async () => {
      const { body } = await api.get(path);
      return body.items.length === replicas ? body.items : undefined;
    });
    for (const { metadata } of items) await this.say(metadata.name, 'True');
    const [first = '', second = '', third = ''] = items.map(({ metadata }) => metadata.name);
    return [first, second, third];
  }

  /** What the pod's kubelet says: that it runs, and whether it is Ready. */
  async say(name: string, ready: 'True' | 'False'): Promise<Body> {
    const { api, namespace } = this.#target;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    const said = await api.patch(path, 'merge', { status: statusOfRunning(ready) });
    assert.equal(said.status, 200, said.text);
    return said.body;
  }
}

function statusOfRunning(ready: 'True' | 'False'): object {
  const startedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const isReady = ready === 'True';
  const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: startedAt });
  return {
    phase: 'Running',
    podIP: '10.244.77.7',
    podIPs: [{ ip: '10.244.77.7' }],
    startTime: startedAt,
    conditions: [
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('Initialized', 'True'),
      condition('PodScheduled', 'True'),
    ],
    containerStatuses: [
      {
        name: 'main',
        image: 'busybox:1.36',
        imageID: 'sha256:0',
        containerID: 'containerd://0123456789abcdef',
        ready: isReady,
        started: true,
        restartCount: 0,
        state: { running: { startedAt } },
        lastState: {},
      },
    ],
  };
}
