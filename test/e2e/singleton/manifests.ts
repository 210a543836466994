/**
 * Owns the objects of a test's application: namespace, program, workload, Service.
 * Must not send them: create-singleton.ts does.
 */
import { readFileSync } from 'node:fs';
import { type Mode, singletonVersion } from '../../../src/api/singleton.ts';
import { words } from '../../../src/controller/words.ts';

export const serviceName = 'answering';
export const singletonName = 'answering';
export const workloadName = 'answering';
/** Of the container that answers; critical. */
export const serverName = 'server';
/** Of the container beside it, whose end is to change nothing. */
export const besideName = 'beside';
export const servicePort = 8080;
/** Where the application hears that it is active. */
const tellPort = 10_001;
/** Where it holds connections, and says nothing. */
export const heldPort = 8_081;
/** Where it is told by a datagram for how many ms it is to serve on after a SIGTERM. It answers with the number. */
export const wishPort = 10_002;

export interface WorkloadOptions {
  readonly kind: 'Deployment' | 'ReplicaSet';
  readonly replicas: number;
  /** By which controllers adopt the pods. */
  readonly labels: Labels;
  readonly terminationGracePeriodSeconds: number;
  /** How long pods stay bound to a node that is not reachable; Kubernetes' own default is 300. */
  readonly tolerationSeconds: number;
}

const program = readFileSync(new URL('../application/answering.ts', import.meta.url), 'utf8');
/** Of the ConfigMap that the server's program is in. */
export const programName = 'program';

export function namespaceObject(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

export function programObject(): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: programName }, data: { program } };
}

export const modes: readonly Mode[] = ['Direct', 'Labels'];

export type Labels = Readonly<Record<string, string>>;

/** Undefined in Direct mode: nobody but the controllers makes its endpoints. */
export function selectorIn(mode: Mode, labels: Labels): Labels | undefined {
  return mode === 'Direct' ? undefined : { ...labels, [words.role]: 'active' };
}

export function serviceObject(mode: Mode, labels: Labels): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serviceName },
    spec: {
      selector: selectorIn(mode, labels),
      ports: ['TCP', 'UDP'].map((protocol) => ({
        name: protocol.toLowerCase(),
        protocol,
        port: servicePort,
        targetPort: servicePort,
      })),
    },
  };
}

/**
 * It listens as the ancestor's applications do, and marks its critical container by itself. With a tripwire, where one is
 * wanted, at a port that holds connections: that which clients ask closes those that are idle.
 */
export function singletonObject(labels: Labels, hasTripwire = false): object {
  return {
    apiVersion: singletonVersion,
    kind: 'Singleton',
    metadata: { name: singletonName },
    spec: {
      selector: { matchLabels: labels },
      service: serviceName,
      notify: { udp: { port: tellPort } },
      ...(hasTripwire ? { tripwire: { port: heldPort } } : {}),
    },
  };
}

export function singletonsPath(namespace: string): string {
  return `/apis/${singletonVersion}/namespaces/${namespace}/singletons`;
}

export function servicePath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/services/${serviceName}`;
}

/** Where workloads of this kind are; one of them is at `/NAME` below it. */
export function workloadsPath(namespace: string, kind: WorkloadOptions['kind']): string {
  return `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`;
}

export function workloadPath(namespace: string, kind: WorkloadOptions['kind']): string {
  return `${workloadsPath(namespace, kind)}/${workloadName}`;
}

export function workloadObject(options: WorkloadOptions): object {
  const { kind, replicas, labels } = options;
  // With two nodes and one pod on each, a rollout has no room for a third one.
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: workloadName },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      ...(kind === 'Deployment' ? { strategy } : {}),
      template: {
        metadata: { labels: { ...labels, [words.role]: 'standby' } },
        spec: podSpec(options),
      },
    },
  };
}

function podSpec({ labels, terminationGracePeriodSeconds, tolerationSeconds }: WorkloadOptions): object {
  const apart = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
  return {
    terminationGracePeriodSeconds,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } },
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds,
    })),
    containers: [server(), beside()],
  };
}

/** Any image with Node will do: the program comes by a variable, so that it is not carried in every copy of the pod. */
function server(): object {
  return {
    name: serverName,
    image: 'mygoudpsrv:v1',
    imagePullPolicy: 'IfNotPresent',
    command: ['/usr/bin/node', '--input-type=module-typescript', '--eval', '$(PROGRAM)'],
    env: [
      { name: words.criticality, value: 'critical' },
      { name: 'PROGRAM', valueFrom: { configMapKeyRef: { name: programName, key: 'program' } } },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ],
    readinessProbe: { tcpSocket: { port: servicePort }, periodSeconds: 1 },
  };
}

function beside(): object {
  return {
    name: besideName,
    image: 'busybox',
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait; done'],
    env: [{ name: words.criticality, value: 'noncritical' }],
  };
}
