/**
 * Owns the running cluster as one thing: started, found again by another process, taken away.
 * Must not break anything in it: faults.ts does.
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { binariesDirectory } from './binaries.ts';
import { makeCertificates } from './certificates.ts';
import { ClusterError } from './cluster-error.ts';
import { clusterObjects } from './cluster-objects.ts';
import { startComponent } from './component.ts';
import { until } from './condition.ts';
import { removeControlGroups } from './control-groups.ts';
import { apiServer, controllerManager, etcd, scheduler, writeAuditPolicy } from './control-plane.ts';
import { limits } from './limits.ts';
import { tailOfLog } from './log-tail.ts';
import {
  bootMachine,
  controlGroupPrefix,
  findMachine,
  type Machine,
  onMachine,
  spawnInNetworkOf,
  switchOff,
} from './machine.ts';
import { makeMountPoints, removeMountPoints } from './mount-points.ts';
import { assertRangeIsFree, connectMachines, unplugHost } from './network.ts';
import {
  containerd,
  containerdSocket,
  kubelet,
  kubeProxy,
  mountCommands,
  mountPoints,
  writeNodeFiles,
} from './node.ts';
import { describeOwner, type Owner, standing, takePlace } from './owner.ts';
import { stateDirectory, statePaths } from './paths.ts';
import { lastLines, runCommand, tryCommand } from './run-command.ts';
import { type MachineName, machineNames, type NodeName, nodeNames } from './topology.ts';

export interface StartOptions {
  readonly kind: Owner['kind'];
  /** Archives of the images that nodes have (docker-archive), by path. */
  readonly images: readonly string[];
  readonly nodeMonitorGraceSeconds: number;
  /** kube-proxy's pause between two changes. Undefined: its default. */
  readonly minSyncPeriod?: string | undefined;
  /** Told what is being done. */
  readonly onStep: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** In life the control plane has a machine of its own, whose answers pods that start elsewhere do not slow. */
const controlShares = 8192;
const nodeShares = 1024;

export class Cluster {
  readonly kubeconfig = statePaths.kubeconfig;
  readonly auditLog = statePaths.auditLog;
  readonly kubectl = path.join(binariesDirectory(), 'kubectl');

  /** A program of the host, with the host's files, in a machine's network. */
  spawnIn(name: MachineName, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawnInNetworkOf(machineNamed(name), command, options);
  }

  /** Standard output of kubectl as the administrator. @throws ClusterError when it fails */
  runKubectl(args: readonly string[], input = ''): Promise<string> {
    const own = ['--kubeconfig', this.kubeconfig, '--cache-dir', statePaths.kubectlCache];
    return runCommand([this.kubectl, ...own, ...args], { input });
  }
}

export function machineNamed(name: MachineName): Machine {
  const machine = findMachine(name);
  if (machine === undefined) throw new ClusterError(`${name} is switched off`);
  return machine;
}

/** The cluster that runs, whoever started it. @throws ClusterError where none does */
export function openCluster(): Cluster {
  const found = standing();
  if (found.kind === 'owned' && found.running.length > 0) return new Cluster();
  throw new ClusterError('no cluster runs: npm run cluster -- up');
}

/** Resolves when both nodes are Ready. Whatever goes wrong or is interrupted, nothing is left behind. */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  const found = standing();
  if (found.kind === 'owned')
    throw new ClusterError(`${describeOwner(found.owner)}: npm run cluster -- down`);
  if (found.kind === 'left over') {
    options.onStep(`taking away what is left of an earlier cluster: ${found.why}`);
    await removeCluster();
  }
  await assertRangeIsFree();
  takePlace(options.kind);
  try {
    return await start(options);
  } catch (error) {
    await removeCluster();
    throw error;
  }
}

async function start(options: StartOptions): Promise<Cluster> {
  const { onStep, signal, images, nodeMonitorGraceSeconds, minSyncPeriod } = options;
  const binaries = binariesDirectory();
  const plan = { binaries, nodeMonitorGraceSeconds };
  onStep('booting three machines');
  makeMountPoints(mountPoints);
  for (const name of nodeNames) writeNodeFiles({ name, binaries }, { minSyncPeriod });
  writeAuditPolicy();
  await allSettled([
    bootMachine('control', { setUp: ':', processorShares: controlShares, signal }),
    ...nodeNames.map((name) =>
      bootMachine(name, { setUp: mountCommands(name), processorShares: nodeShares, signal }),
    ),
    makeCertificates(),
  ]);
  const control = machineNamed('control');
  const nodesByName = new Map(nodeNames.map((name) => [name, machineNamed(name)] as const));
  await connectMachines(control, nodesByName);
  onStep('starting etcd, the API server and two containerds');
  await startComponent(control, etcd(plan));
  await startComponent(control, apiServer(plan));
  for (const [name, machine] of nodesByName) await startComponent(machine, containerd({ name, binaries }));
  const cluster = new Cluster();
  await allSettled([
    apiServerReady(cluster, signal),
    ...[...nodesByName].map(([name, machine]) => importImages(name, machine, images, signal)),
  ]);
  onStep('starting controllers, kubelets and proxies');
  await createClusterObjects(cluster, signal);
  await startComponent(control, controllerManager(plan));
  await startComponent(control, scheduler(plan));
  for (const [name, machine] of nodesByName) {
    await startComponent(machine, kubelet({ name, binaries }));
    await startComponent(machine, kubeProxy({ name, binaries }));
  }
  await nodesReady(cluster, signal);
  // Made by the controller manager; without it no pod is accepted.
  await until(
    async () => ((await answers(cluster, ['get', 'serviceaccount', 'default'])) ? true : undefined),
    {
      what: "the default namespace's account",
      signal,
      explain: () => tailOfLog('kube-controller-manager'),
    },
  );
  return cluster;
}

/** Waits for all of them even when one fails: what comes after a failure takes away everything, and nothing may follow. */
async function allSettled(steps: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(steps)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** After a start of it, too. */
export function apiServerReady(cluster: Cluster, signal?: AbortSignal): Promise<true> {
  return until(async () => ((await answers(cluster, ['get', '--raw', '/readyz'])) ? true : undefined), {
    what: 'the API server to be ready',
    signal,
    explain: () => tailOfLog('kube-apiserver'),
  });
}

async function answers(cluster: Cluster, args: readonly string[]): Promise<boolean> {
  const { code } = await tryCommand([cluster.kubectl, '--kubeconfig', cluster.kubeconfig, ...args]);
  return code === 0;
}

/** Tried until it works: the API server's own roles are there a moment after it is ready. */
async function createClusterObjects(cluster: Cluster, signal?: AbortSignal): Promise<void> {
  const command = [cluster.kubectl, '--kubeconfig', cluster.kubeconfig, 'apply', '-f', '-'];
  const input = JSON.stringify(clusterObjects);
  let complaint = '';
  const apply = async () => {
    const { code, stderr } = await tryCommand(command, { input });
    complaint = lastLines(stderr);
    return code === 0 ? true : undefined;
  };
  await until(apply, {
    what: "the cluster's first objects to be accepted",
    signal,
    explain: () => complaint,
  });
}

/** Into the containerd of one node. */
export async function importImages(
  name: NodeName,
  machine: Machine,
  archives: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const ctr = onMachine(machine, [
    path.join(binariesDirectory(), 'ctr'),
    '-a',
    containerdSocket,
    '-n',
    'k8s.io',
  ]);
  await until(async () => ((await tryCommand([...ctr, 'version'])).code === 0 ? true : undefined), {
    what: `containerd of ${name} to answer`,
    signal,
    explain: () => tailOfLog(`containerd-${name}`),
  });
  // One after the other: two at a time may unpack the same layer twice.
  for (const archive of archives) await runCommand([...ctr, 'images', 'import', '--local', archive]);
}

async function nodesReady(cluster: Cluster, signal?: AbortSignal): Promise<void> {
  const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}';
  const ready = async () => {
    const { stdout } = await tryCommand([
      cluster.kubectl,
      '--kubeconfig',
      cluster.kubeconfig,
      'get',
      'nodes',
      '-o',
      `jsonpath=${path}`,
    ]);
    return stdout.split(' ').filter((status) => status === 'True').length === nodeNames.length
      ? true
      : undefined;
  };
  await until(ready, {
    what: 'both nodes to be Ready',
    signal,
    explain: () => nodeNames.map((name) => tailOfLog(`kubelet-${name}`)).join('\n'),
  });
}

/** Takes everything away, whatever state it is in. */
export async function removeCluster(): Promise<void> {
  await switchOff(machineNames);
  await unplugHost();
  removeMountPoints();
  await until(() => (machineNames.every(isControlGroupGone) ? true : undefined), {
    what: "the machines' control groups to go",
    withinMs: limits.switchOffMs,
  });
  rmSync(stateDirectory, { recursive: true, force: true });
}

function isControlGroupGone(name: MachineName): boolean {
  return removeControlGroups(`${controlGroupPrefix}${name}`);
}
