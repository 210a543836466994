/**
 * Owns a machine of the cluster: a first process with network, mounts, process numbers and host name of its own.
 * Everything that runs on the machine is in its PID namespace, so when the first process ends the kernel ends them all,
 * and takes network interfaces and mounts with them: nothing is left behind, however it came to that.
 * Must not know what runs on it.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ClusterError } from './cluster-error.ts';
import { until } from './condition.ts';
import { limits } from './limits.ts';
import { tailOfLog } from './log-tail.ts';
import { statePaths } from './paths.ts';
import { findProcesses, innermostPid } from './process-table.ts';
import { type MachineName, machineNames } from './topology.ts';

/** A machine's control group is this and its name: below it are those of everything that runs there. */
export const controlGroupPrefix = 'understudy-cluster-';

/** Stands in the words of each first process, before the machine's name: by it they are found, and nothing else is. */
const marker = 'understudy-cluster-machine';

const firstProcess = fileURLToPath(new URL('machine-first-process.sh', import.meta.url));

export interface Machine {
  readonly name: MachineName;
  /** Of its first process, as the host counts. */
  readonly pid: number;
}

export interface BootOptions {
  /** Shell commands that prepare its mounts, run as its first process. */
  readonly setUp: string;
  /** Of the processors, when all are wanted; 1024 is what one process of the host has. */
  readonly processorShares: number;
  readonly signal?: AbortSignal | undefined;
}

export async function bootMachine(name: MachineName, options: BootOptions): Promise<Machine> {
  const { setUp, processorShares, signal } = options;
  const log = openSync(statePaths.log(`machine-${name}`), 'a');
  const namespaces = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child'];
  const ownGroup = `${controlGroupPrefix}${name}`;
  const words = ['bash', firstProcess, marker, 'confine', ownGroup, name, setUp, String(processorShares)];
  const child = spawn('unshare', [...namespaces, ...words], {
    detached: true,
    stdio: ['ignore', 'pipe', log],
  });
  closeSync(log);
  const { stdout } = child;
  if (stdout === null) throw new TypeError('the first process was started without a pipe');
  await Promise.race([once(stdout, 'readable', signal === undefined ? {} : { signal }), once(child, 'exit')]);
  if (!String(stdout.read() ?? '').startsWith('ready'))
    throw new ClusterError(`${name} did not start: ${tailOfLog(`machine-${name}`)}`);
  stdout.destroy();
  child.unref();
  const machine = findMachine(name);
  if (machine === undefined) throw new ClusterError(`${name} ended right after its start`);
  return machine;
}

export function findMachine(name: MachineName): Machine | undefined {
  const found = findProcesses((words) => isFirstProcess(words) && words.includes(name)).find(
    ({ pid }) => innermostPid(pid) === 1,
  );
  return found === undefined ? undefined : { name, pid: found.pid };
}

export function runningMachines(): readonly Machine[] {
  return machineNames.flatMap((name) => findMachine(name) ?? []);
}

function isFirstProcess(words: readonly string[]): boolean {
  return words.includes(marker);
}

/** As if its power were cut. Resolves once everything on it is gone. */
export async function switchOff(names: readonly MachineName[]): Promise<void> {
  const concerned = () =>
    findProcesses((words) => isFirstProcess(words) && names.some((name) => words.includes(name)));
  for (const { pid } of concerned()) endProcess(pid);
  await until(() => (concerned().length === 0 ? true : undefined), {
    what: `${names.join(', ')} to end`,
    withinMs: limits.switchOffMs,
  });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** The words that run a program on the machine, in all of its namespaces. */
export function onMachine(machine: Machine, command: readonly string[]): readonly string[] {
  return ['nsenter', ...namespacesOf(machine), '--', ...command];
}

/**
 * The words that run a program whose children are on the machine, and the machine's own once it has ended. No process of
 * the host is left waiting for them: it would be stopped with them, and outlive them.
 */
export function childrenOnMachine(machine: Machine, command: readonly string[]): readonly string[] {
  return ['nsenter', '--no-fork', ...namespacesOf(machine), '--', ...command];
}

function namespacesOf({ pid }: Machine): readonly string[] {
  return ['-t', String(pid), '-n', '-m', '-u', '-i', '-p', '-C'];
}

/** The words that run a program of the host, with the host's files, in the machine's network. */
export function inNetworkOf({ pid }: Machine, command: readonly string[]): readonly string[] {
  return ['nsenter', '-t', String(pid), '-n', '--', ...command];
}

export function spawnInNetworkOf(
  machine: Machine,
  command: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const [program = '', ...args] = inNetworkOf(machine, command);
  return spawn(program, args, options);
}
