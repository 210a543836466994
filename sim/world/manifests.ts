/**
 * Owns the objects that a user puts into the world for a singleton: its ReplicaSet, its Service, its Singleton.
 * Must not know the store.
 */
import { singletonVersion } from '../../src/api/singleton.ts';
import type { JsonObject } from '../../src/sandbox/api/json.ts';
import type { SingletonPlan } from '../swarm/plan.ts';
import { servingPort } from './applications.ts';

export const namespace = 'default';
const notifyPort = 10_001;

/** What the simulated container runtime starts: `application` or, for a container that only lives, `companion`. */
export const programs = { application: 'application', companion: 'companion' } as const;

function fromPod(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

export function replicaSetOf(plan: SingletonPlan): JsonObject {
  const critical = plan.hasCritical ? [{ name: 'pwcriticality', value: 'critical' }] : [];
  const main = {
    name: 'main',
    image: 'simulated:v1',
    command: [programs.application],
    env: [
      ...critical,
      { name: 'SINGLETON', value: plan.name },
      fromPod('POD_NAME', 'metadata.name'),
      fromPod('POD_UID', 'metadata.uid'),
      fromPod('POD_IP', 'status.podIP'),
      fromPod('NODE', 'spec.nodeName'),
    ],
    readinessProbe: { tcpSocket: { port: servingPort }, periodSeconds: 1, failureThreshold: 1 },
  };
  const companion = { name: 'companion', image: 'simulated:v1', command: [programs.companion] };
  return {
    metadata: { name: plan.name, namespace },
    spec: {
      replicas: plan.replicas,
      selector: { matchLabels: { app: plan.name } },
      template: {
        metadata: { labels: { app: plan.name } },
        spec: {
          terminationGracePeriodSeconds: plan.graceSeconds,
          containers: plan.hasCompanion ? [main, companion] : [main],
        },
      },
    },
  };
}

/** What Cilium's operator says of each node (NetworkUnavailable). */
export const ciliumIsUp: JsonObject = {
  type: 'NetworkUnavailable',
  status: 'False',
  reason: 'CiliumIsUp',
  message: 'Cilium is running on this node',
};

/** In Labels mode Kubernetes follows the label; in Direct mode the controllers lead it. */
export function selectorOf({ name, mode }: Pick<SingletonPlan, 'name' | 'mode'>): JsonObject | null {
  return mode === 'Labels' ? { app: name, role: 'active' } : null;
}

export function serviceOf(plan: Pick<SingletonPlan, 'name' | 'mode'>): JsonObject {
  const selector = selectorOf(plan);
  return {
    metadata: { name: plan.name, namespace },
    spec: {
      ports: [{ name: 'main', port: servingPort, targetPort: servingPort, protocol: 'TCP' }],
      ...(selector === null ? {} : { selector }),
    },
  };
}

export function singletonOf(plan: SingletonPlan): JsonObject {
  return {
    apiVersion: singletonVersion,
    kind: 'Singleton',
    metadata: { name: plan.name, namespace },
    spec: {
      selector: { matchLabels: { app: plan.name } },
      service: plan.name,
      safety: plan.safety,
      onDemote: plan.onDemote,
      minFailoverIntervalSeconds: 2,
      drainTimeoutSeconds: 20,
      ...(plan.hasTripwire ? { tripwire: { port: servingPort } } : {}),
      ...notifyOf(plan),
    },
  };
}

function notifyOf({ notify }: SingletonPlan): JsonObject {
  switch (notify) {
    case 'none':
      return {};
    case 'ancestor':
    case 'json':
      return { notify: { udp: { port: notifyPort, format: notify } } };
    case 'http':
      return { notify: { http: { port: notifyPort, path: '/role' } } };
  }
}
