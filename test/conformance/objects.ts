/**
 * Owns the objects that the cases work with. Their images run in the sandbox and in any cluster.
 */

export interface PodOptions {
  readonly labels?: Record<string, string>;
  /** Bound from the start; `nowhere` is a node that does not exist, so no kubelet interferes. */
  readonly nodeName?: string;
  readonly graceSeconds?: number;
  readonly script?: string;
  readonly containers?: readonly string[];
  readonly finalizers?: readonly string[];
}

export const nowhere = 'conformance-nowhere';

export function pod(name: string, options: PodOptions = {}) {
  const { labels = {}, nodeName, graceSeconds = 30, script = 'sleep 3600', containers = ['main'] } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ...(options.finalizers ? { finalizers: options.finalizers } : {}) },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      terminationGracePeriodSeconds: graceSeconds,
      containers: containers.map((container) => ({
        name: container,
        image: 'busybox:1.36',
        command: ['sh', '-c', script],
      })),
    },
  };
}

export function replicaSet(name: string, replicas: number) {
  const { spec } = pod(name, { graceSeconds: 1 });
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, labels },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

export function lease(name: string) {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: { holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions: 0 },
  };
}

export function configMap(name: string, labels: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: { key: 'value' } };
}
