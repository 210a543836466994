/**
 * Owns what can be broken in the running cluster, as it breaks in life, and how it is mended.
 * Must not wait for what comes of it. Nothing here is remembered: a fault is looked for where it shows.
 */
import { fileURLToPath } from 'node:url';
import { machineNowMs } from '../../src/cli/steady-client/machine-time.ts';
import { machineNamed } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import {
  commandOf,
  componentNames,
  endComponent,
  processOfComponent,
  signalComponent,
  startAgain,
  startComponent,
} from './component.ts';
import { until } from './condition.ts';
import { inNetworkOf, type Machine } from './machine.ts';
import { setLink } from './network.ts';
import { componentOf, writeProxyFile } from './node.ts';
import { mainProcessOf } from './process-table.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { addresses, type NodeName, nodeNames } from './topology.ts';

/** A container's main process, found before it is struck: looking for it takes longer than the strike. */
export interface ContainerProcess {
  readonly pid: number;
  /** Sends the signal; the machine time (ms) at which it was sent. */
  strike(signal: NodeJS.Signals): number;
}

/** `containerId`: as in a pod's status, with or without its scheme. @throws ClusterError where it does not run */
export function findContainer(containerId: string): ContainerProcess {
  const id = containerId.replace(/^.*:\/\//, '');
  const pid = mainProcessOf(id);
  if (pid === undefined) throw new ClusterError(`container ${id} does not run`);
  return {
    pid,
    strike: (signal) => {
      const struckAtMs = machineNowMs();
      process.kill(pid, signal);
      return struckAtMs;
    },
  };
}

/** Hangs: it keeps its connections and does nothing. */
export function stopComponent(name: string): void {
  signalComponent(name, 'SIGSTOP');
}

export function continueComponent(name: string): void {
  signalComponent(name, 'SIGCONT');
}

/** kill -9, and a new one in its place as soon as the old one is gone; with other flags where some are given. */
export async function restartComponent(name: string, flags: Flags = {}): Promise<void> {
  const command = withFlags(commandOf(name), flags);
  await endComponent(name);
  await startAgain(name, command);
}

/** By name, without dashes. Undefined takes a flag away. */
type Flags = Readonly<Record<string, string | undefined>>;

function withFlags(command: readonly string[], flags: Flags): readonly string[] {
  const isOther = (word: string) => !Object.keys(flags).some((flag) => word.startsWith(`--${flag}=`));
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : `--${flag}=${value}`,
  );
  return [...command.filter(isOther), ...given];
}

/** With every watch open. */
export function restartApiServer(flags: Flags = {}): Promise<void> {
  return restartComponent('kube-apiserver', flags);
}

/** The controller manager starts anew, and from then on declares nodes lost after this time. */
export function setNodeMonitorGrace(seconds: number): Promise<void> {
  return restartComponent('kube-controller-manager', { 'node-monitor-grace-period': `${seconds}s` });
}

/** Both proxies start anew, and from then on pause for so long between two changes. What they have set up stays meanwhile. */
export async function setMinSyncPeriod(minSyncPeriod: string | undefined): Promise<void> {
  for (const node of nodeNames) {
    writeProxyFile(node, { minSyncPeriod });
    await restartComponent(componentOf('kube-proxy', node));
  }
}

export function cutLink(node: NodeName): Promise<void> {
  return setLink(machineNamed('control'), node, 'down');
}

export function mendLink(node: NodeName): Promise<void> {
  return setLink(machineNamed('control'), node, 'up');
}

const partitionTable = 'understudy_partition';

/** Packets between the node (its pods too) and the API server go nowhere; those between nodes arrive. */
export function partitionFromApi(node: NodeName): Promise<void> {
  return partition(node, [addresses.control]);
}

/** Packets between the node (its pods too) and these addresses go nowhere. */
export async function partition(node: NodeName, others: readonly string[]): Promise<void> {
  const set = `{ ${others.join(', ')} }`;
  const drop = `ip saddr ${set} drop; ip daddr ${set} drop;`;
  const chain = (hook: string) => `chain ${hook} { type filter hook ${hook} priority -300; ${drop} };`;
  await healPartition(node);
  const machine = machineNamed(node);
  await addTable(machine, 'inet', partitionTable, ['input', 'forward', 'output'].map(chain));
  // Pods of one node meet on its bridge, below the first family's sight.
  await addTable(machine, 'bridge', partitionTable, [chain('forward')]);
}

export async function healPartition(node: NodeName): Promise<void> {
  const machine = machineNamed(node);
  await dropTable(machine, 'inet', partitionTable);
  await dropTable(machine, 'bridge', partitionTable);
}

async function addTable(
  machine: Machine,
  family: string,
  name: string,
  chains: readonly string[],
): Promise<void> {
  const input = `table ${family} ${name} { ${chains.join(' ')} };\n`;
  await runCommand(inNetworkOf(machine, ['nft', '-f', '-']), { input });
}

/** Whether or not it is there. */
async function dropTable(machine: Machine, family: string, name: string): Promise<void> {
  await tryCommand(inNetworkOf(machine, ['nft', 'delete', 'table', family, name]));
}

const slowTable = 'understudy_slow_api';
const relayName = 'api-relay';
const relayPort = 7443;

/**
 * From now on each byte between the API server and the nodes, in both directions, is `delayMs` late. Connections that
 * stand already are broken off, as they could not be delayed: many kernels lack netem. 0 takes the delay away, in the
 * same way. Whoever asks from the host is not delayed.
 */
export async function slowApi(delayMs: number): Promise<void> {
  const control = machineNamed('control');
  const wasSlow = componentNames().includes(relayName) && processOfComponent(relayName) !== undefined;
  if (wasSlow) await dropTable(control, 'ip', slowTable);
  if (wasSlow) await endComponent(relayName);
  if (delayMs > 0) {
    await startRelay(control, delayMs);
    const rule = `ip saddr != ${addresses.host} tcp dport ${addresses.apiServerPort} redirect to :${relayPort}`;
    const chain = `chain prerouting { type nat hook prerouting priority dstnat; ${rule}; };`;
    await addTable(control, 'ip', slowTable, [chain]);
  }
  if (delayMs === 0 && !wasSlow) return;
  const ofNodes = `sport = :${addresses.apiServerPort} and not dst ${addresses.host}`;
  await runCommand(inNetworkOf(control, ['ss', '-K', ...ofNodes.split(' ')]));
}

async function startRelay(control: Machine, delayMs: number): Promise<void> {
  const program = fileURLToPath(new URL('delaying-relay-process.ts', import.meta.url));
  const words = [String(relayPort), addresses.control, String(addresses.apiServerPort), String(delayMs)];
  await startComponent(control, {
    name: relayName,
    machine: 'control',
    command: [process.execPath, program, ...words],
  });
  const isListening = ['ss', '-Hltn', 'sport', '=', `:${relayPort}`];
  await until(async () => ((await runCommand(inNetworkOf(control, isListening))) === '' ? undefined : true), {
    what: 'the relay to listen',
  });
}

/** Undoes everything: components that hang, links, partitions, delays. What was killed is started again. */
export async function healAll(): Promise<void> {
  await slowApi(0);
  for (const node of nodeNames) {
    await healPartition(node);
    await mendLink(node);
  }
  for (const name of componentNames()) {
    if (name === relayName) continue;
    if (processOfComponent(name) === undefined) await startAgain(name);
    else continueComponent(name);
  }
}
