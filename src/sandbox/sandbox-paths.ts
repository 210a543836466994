/**
 * Owns the paths that a sandbox serves beside the Kubernetes API: POST /sandbox/faults and GET /sandbox/status, in JSON.
 * Must not know sockets.
 */
import { listAt, stringAt } from './api/json.ts';
import type { ServerRequest, ServerResponse } from './api/request.ts';
import { resourceTypes } from './api/resource-types.ts';
import type { Cluster } from './cluster.ts';
import { decodeFaultRequest, FaultRequestError } from './decode-fault.ts';
import type { SandboxFaults } from './faults.ts';
import { SANDBOX_REQUEST_BYTES_MAX } from './limits.ts';

export interface SandboxPathsOptions {
  readonly cluster: Cluster;
  readonly faults: SandboxFaults;
  /** Resident memory of the sandbox's process, in bytes. */
  readonly residentBytes: () => number;
}

interface ContainerStatus {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly node: string;
  readonly pid: number;
}

export function sandboxPaths({ cluster, faults, residentBytes }: SandboxPathsOptions) {
  return async (request: ServerRequest): Promise<ServerResponse | undefined> => {
    const [path] = request.url.split('?');
    if (path === '/sandbox/status' && request.method === 'GET') {
      return json(200, { ...statusOf(cluster, faults), residentBytes: residentBytes() });
    }
    if (path !== '/sandbox/faults') return undefined;
    if (request.method !== 'POST')
      return json(405, { error: 'POST a fault, such as {"kind": "dropWatches"}' });
    return answerFault(faults, request.body);
  };
}

function answerFault(faults: SandboxFaults, body: string): ServerResponse {
  if (body.length > SANDBOX_REQUEST_BYTES_MAX) return json(413, { error: 'the request is too long' });
  try {
    return json(200, { done: faults.carryOut(decodeFaultRequest(body)) });
  } catch (error) {
    if (!(error instanceof FaultRequestError)) throw error;
    return json(400, { error: error.message });
  }
}

function statusOf(cluster: Cluster, faults: SandboxFaults) {
  return {
    nodes: cluster.kubelets.map(({ node, link }) => ({
      name: node.name,
      ip: node.ip,
      connected: link.connected,
    })),
    containers: runningContainers(cluster),
    resourceVersion: cluster.store.resourceVersion,
    faults: { watchDelayMs: faults.api.watchDelayMs, answerDelayMs: faults.api.answerDelayMs },
  };
}

function runningContainers(cluster: Cluster): readonly ContainerStatus[] {
  return cluster.store.list(resourceTypes.pods).flatMap((pod) => {
    const { namespace = '', name } = pod.metadata;
    return ['initContainers', 'containers'].flatMap((field) =>
      listAt(pod, 'spec', field).flatMap((each) => {
        const container = stringAt(each, 'name') ?? '';
        const life = cluster.container(namespace, name, container)?.life;
        if (life === undefined || !life.running) return [];
        return [
          { namespace, pod: name, container, node: stringAt(pod, 'spec', 'nodeName') ?? '', pid: life.pid },
        ];
      }),
    );
  });
}

function json(status: number, body: unknown): ServerResponse {
  const headers = { 'content-type': 'application/json' };
  return { kind: 'complete', status, headers, body: `${JSON.stringify(body)}\n` };
}
