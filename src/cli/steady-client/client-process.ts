/**
 * Owns a steady client in a process of its own, seen from the parent: start, what it has seen, stop.
 * Must not leave the process behind: it ends with stop(), and by itself when this process is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Attempt } from './attempt.ts';
import { ClientLog } from './client-log.ts';
import type { Target } from './connection-attempt.ts';
import type { PortRange } from './local-ports.ts';

const program = fileURLToPath(new URL('./steady-client-process.ts', import.meta.url));

export interface ClientOptions {
  readonly target: Target;
  /** From the start of one connection to the start of the next, whatever becomes of the earlier ones. */
  readonly everyMs: number;
  readonly timeoutMs?: number;
  /** The client's own ports for connections; undefined: the system's choice. */
  readonly localPorts?: PortRange | undefined;
  /** How many attempts are kept here, of each kind; the older half is forgotten beyond that. */
  readonly attemptsMax?: number;
  /** Sent beside the connections, all from one port; who answers repeats the first word. */
  readonly datagrams?: { readonly target: Target; readonly everyMs: number; readonly timeoutMs?: number };
}

/** Starts a command with its stdin and stdout piped: here, or in another network namespace of this machine. */
export type Spawner = (command: readonly string[]) => ChildProcess;

/** What the process writes, a line each time. */
export interface ClientReport {
  readonly connections: readonly Attempt[];
  readonly datagrams: readonly Attempt[];
}

export interface ClientProcess {
  readonly log: ClientLog;
  /** Empty where none are sent. */
  readonly datagrams: ClientLog;
  readonly pid: number | undefined;
  /** False once the process has ended, on whoever's account: it sees nothing any more. */
  readonly running: boolean;
  /** Goes on with another address for connections. What was under way to the old one is forgotten. */
  moveTo(target: Target): void;
  stop(): Promise<void>;
}

/** It ends as soon as its stdin does; who is hung is ended after this time. */
const endWithinMs = 5_000;

export function startClientProcess(options: ClientOptions, spawner: Spawner = spawnHere): ClientProcess {
  const child = spawner([process.execPath, program, JSON.stringify(options)]);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new TypeError('a client process needs its stdin and stdout');
  const log = new ClientLog(options.attemptsMax);
  const datagrams = new ClientLog(options.attemptsMax);
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  // Its end is seen by `running`; what is written to it then goes nowhere.
  child.on('error', () => undefined);
  stdin.on('error', () => undefined);
  // What comes over this pipe was written by steady-client-process.ts and nobody else.
  createInterface({ input: stdout }).on('line', (line) => {
    const report: ClientReport = JSON.parse(line);
    if (report.connections.length > 0) log.add(report.connections);
    if (report.datagrams.length > 0) datagrams.add(report.datagrams);
  });
  return {
    log,
    datagrams,
    pid: child.pid,
    get running() {
      return isRunning();
    },
    moveTo: (next) => {
      if (stdin.writable) stdin.write(`${JSON.stringify(next)}\n`);
    },
    stop: async () => {
      if (!isRunning()) return;
      const ended = once(child, 'exit');
      stdin.end();
      const hung = setTimeout(() => child.kill('SIGKILL'), endWithinMs);
      await ended;
      clearTimeout(hung);
    },
  };
}

function spawnHere([command = '', ...parameters]: readonly string[]): ChildProcess {
  return spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'] });
}
