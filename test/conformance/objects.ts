/**
 * Owns the objects that the cases work with. Their images run in the sandbox and in any cluster.
 */

export interface PodOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Bound from the start, such as to nowhere (Target), where no kubelet interferes. */
  readonly nodeName?: string;
  readonly graceSeconds?: number;
  readonly script?: string;
  readonly containers?: readonly string[];
  readonly finalizers?: readonly string[];
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  /** Its containers are ready while they have this file. */
  readonly readyWhile?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly tolerations?: readonly object[];
  /** More of every container. */
  readonly container?: object;
  readonly initContainers?: readonly object[];
}

/** Ends at once and well when it is told to. */
export const obedient = 'trap "exit 0" TERM; while :; do sleep 0.05; done';

/** Goes on for a moment after it was told to end, as an application that drains does. */
export const lingering = 'trap "sleep 3; exit 0" TERM; while :; do sleep 0.05; done';

/** Goes on after it was told to end, until its grace is over. */
export const stubborn = 'trap "" TERM; while :; do sleep 0.05; done';

/** Ends with exit code 3 once it has the file /tmp/crash; its next life has a file system of its own. */
export const crashable = 'trap "exit 0" TERM; while [ ! -e /tmp/crash ]; do sleep 0.05; done; exit 3';

export function pod(name: string, options: PodOptions = {}) {
  const { labels = {}, finalizers } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ...(finalizers ? { finalizers } : {}) },
    spec: podSpec(options),
  };
}

function podSpec(options: PodOptions) {
  const { nodeName, graceSeconds = 30, restartPolicy, tolerations } = options;
  const { script = 'sleep 3600', containers = ['main'], readyWhile, env, initContainers } = options;
  const probe = { exec: { command: ['cat', readyWhile] }, periodSeconds: 1, failureThreshold: 1 };
  return {
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(initContainers === undefined ? {} : { initContainers }),
    terminationGracePeriodSeconds: graceSeconds,
    containers: containers.map((container) => ({
      name: container,
      image: 'busybox:1.36',
      command: ['sh', '-c', script],
      ...(env === undefined ? {} : { env }),
      ...(readyWhile === undefined ? {} : { readinessProbe: probe }),
      ...options.container,
    })),
  };
}

export function replicaSet(name: string, replicas: number, options: PodOptions = { graceSeconds: 1 }) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, ...options.labels } }, spec: podSpec(options) },
    },
  };
}

export function service(name: string, selector: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector, ports: [{ name: 'web', port: 80, targetPort: 8080, protocol: 'TCP' }] },
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

export function configMap(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: { key: 'value' } };
}
