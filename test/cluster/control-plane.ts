/**
 * Owns how etcd, the API server, the controller manager and the scheduler are started.
 * Must not start them. Every flag that is not Kubernetes' default has its reason here.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { keyFile, kubeconfigFile } from './certificates.ts';
import type { ComponentPlan } from './component.ts';
import { stateDirectory, statePaths } from './paths.ts';
import { addresses } from './topology.ts';

export interface ControlPlaneOptions {
  /** Where the binaries are. */
  readonly binaries: string;
  /** How long a node may say nothing until it is not Ready. Kubernetes' default is 50. */
  readonly nodeMonitorGraceSeconds: number;
}

/** How often a kubelet renews its Lease: four times in the shortest grace period that is used here. */
export const nodeLeaseDurationSeconds = 8;

const etcdUrl = 'http://127.0.0.1:2379';

export function etcd({ binaries }: ControlPlaneOptions): ComponentPlan {
  const peerUrl = 'http://127.0.0.1:2380';
  return onControl('etcd', binaries, {
    'data-dir': statePaths.etcd,
    // The cluster ends with its machine: nothing has to survive a power failure.
    'unsafe-no-fsync': 'true',
    'listen-client-urls': etcdUrl,
    'advertise-client-urls': etcdUrl,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'initial-cluster': `default=${peerUrl}`,
  });
}

export function apiServer({ binaries }: ControlPlaneOptions): ComponentPlan {
  return onControl('kube-apiserver', binaries, {
    'etcd-servers': etcdUrl,
    'service-cluster-ip-range': addresses.serviceRange,
    'allow-privileged': 'true',
    'cert-dir': statePaths.keys,
    'tls-cert-file': keyFile('apiserver.crt'),
    'tls-private-key-file': keyFile('apiserver.key'),
    'client-ca-file': keyFile('ca.crt'),
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'bind-address': addresses.control,
    'advertise-address': addresses.control,
    'secure-port': String(addresses.apiServerPort),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': keyFile('service-accounts.pub'),
    'service-account-signing-key-file': keyFile('service-accounts.key'),
    'kubelet-client-certificate': keyFile('admin.crt'),
    'kubelet-client-key': keyFile('admin.key'),
    // Names of nodes are known to nobody here; without it `kubectl logs` and `exec` fail.
    'kubelet-preferred-address-types': 'InternalIP',
    'audit-policy-file': path.join(stateDirectory, 'audit-policy.json'),
    'audit-log-path': statePaths.auditLog,
    'audit-log-maxsize': '1000',
  });
}

/** What our controllers asked for is written down, whole; of everybody else, nothing. */
export function writeAuditPolicy(): void {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'None', userGroups: ['system:serviceaccounts:kube-system'] },
      { level: 'Request', userGroups: ['system:serviceaccounts'] },
      { level: 'None' },
    ],
  };
  writeFileSync(path.join(stateDirectory, 'audit-policy.json'), JSON.stringify(policy));
}

export function controllerManager({ binaries, nodeMonitorGraceSeconds }: ControlPlaneOptions): ComponentPlan {
  const kubeconfig = kubeconfigFile('controller-manager');
  return onControl('kube-controller-manager', binaries, {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    // There is one of it.
    'leader-elect': 'false',
    'use-service-account-credentials': 'true',
    'service-account-private-key-file': keyFile('service-accounts.key'),
    'root-ca-file': keyFile('ca.crt'),
    'node-monitor-grace-period': `${nodeMonitorGraceSeconds}s`,
    // Else half of a short grace period is spent on not looking. The default, 5 s, is for clusters of thousands.
    'node-monitor-period': '1s',
  });
}

export function scheduler({ binaries }: ControlPlaneOptions): ComponentPlan {
  const kubeconfig = kubeconfigFile('scheduler');
  return onControl('kube-scheduler', binaries, {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
  });
}

function onControl(name: string, binaries: string, flags: Readonly<Record<string, string>>): ComponentPlan {
  const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  return { name, machine: 'control', command: [path.join(binaries, name), ...words] };
}
