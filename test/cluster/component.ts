/**
 * Owns a component of the cluster as a process: started on its machine, stopped and continued, ended and started again.
 * What was started is written down, so that another process of the test bed can go on with it.
 * Must not know what the component does.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { ClusterError } from './cluster-error.ts';
import { until } from './condition.ts';
import { limits } from './limits.ts';
import { tailOfLog } from './log-tail.ts';
import { childrenOnMachine, findMachine, type Machine } from './machine.ts';
import { statePaths } from './paths.ts';
import { startOf } from './process-table.ts';
import type { MachineName } from './topology.ts';

export interface ComponentPlan {
  readonly name: string;
  readonly machine: MachineName;
  readonly command: readonly string[];
}

interface StartedComponent extends ComponentPlan {
  /** As the host counts; with its start, so that a later process of the same number is not taken for it. */
  readonly pid: number;
  readonly startedAt: string;
}

const fileOf = (name: string) => path.join(statePaths.components, `${name}.json`);

/**
 * Joins the machine's system group, puts the component into the background, tells the number that it has on the host, and
 * ends. (0 in cgroup.procs is whoever writes it.)
 */
const detach = `for group in /sys/fs/cgroup/system /sys/fs/cgroup/*/system; do
  [ ! -d "$group" ] || echo 0 > "$group/cgroup.procs"
done
setsid "$@" >&2 < /dev/null & echo $!`;

export async function startComponent(machine: Machine, plan: ComponentPlan): Promise<void> {
  const log = openSync(statePaths.log(plan.name), 'a');
  const [program = '', ...args] = childrenOnMachine(machine, ['bash', '-c', detach, 'bash', ...plan.command]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', log] });
  closeSync(log);
  if (child.stdout === null) throw new TypeError('the component was started without a pipe');
  const pid = Number(await text(child.stdout));
  const startedAt = startOf(pid);
  if (!Number.isInteger(pid) || startedAt === undefined) throw new ClusterError(endedAtOnce(plan.name));
  const started: StartedComponent = { ...plan, pid, startedAt };
  writeFileSync(fileOf(plan.name), JSON.stringify(started));
}

function endedAtOnce(name: string): string {
  return `${name} ended at once:\n${tailOfLog(name)}`;
}

export function componentNames(): readonly string[] {
  if (!existsSync(statePaths.components)) return [];
  return readdirSync(statePaths.components).map((file) => path.basename(file, '.json'));
}

/** Its process, as the host counts; undefined when it has ended. */
export function processOfComponent(name: string): number | undefined {
  const { pid, startedAt } = readStarted(name);
  return startOf(pid) === startedAt ? pid : undefined;
}

function readStarted(name: string): StartedComponent {
  if (!existsSync(fileOf(name)))
    throw new ClusterError(`there is no component ${name}; there are: ${componentNames().join(', ')}`);
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as StartedComponent;
}

/** @throws ClusterError where it does not run */
export function signalComponent(name: string, signal: NodeJS.Signals): void {
  const pid = processOfComponent(name);
  if (pid === undefined) throw new ClusterError(`${name} does not run`);
  process.kill(pid, signal);
}

/** Ends it by SIGKILL, and resolves when it is gone. */
export async function endComponent(name: string): Promise<void> {
  if (processOfComponent(name) === undefined) return;
  signalComponent(name, 'SIGKILL');
  await until(() => (processOfComponent(name) === undefined ? true : undefined), {
    what: `${name} to end`,
    withinMs: limits.switchOffMs,
    everyMs: 2,
  });
}

/** Starts it again as it was, with other words where some are given. */
export async function startAgain(name: string, command?: readonly string[]): Promise<void> {
  const { pid: _pid, startedAt: _startedAt, ...plan } = readStarted(name);
  const machine = findMachine(plan.machine);
  if (machine === undefined) throw new ClusterError(`${plan.machine} is switched off`);
  await startComponent(machine, { ...plan, command: command ?? plan.command });
}

export function commandOf(name: string): readonly string[] {
  return readStarted(name).command;
}
