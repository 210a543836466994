/**
 * Owns the machine's processes that a sandbox started: each in a session and group of its own, so that a terminal's
 * Ctrl-C doesn't reach it and a signal reaches all its children.
 * Must not know containers or pods. That nothing outlives the sandbox is the reaper's promise (reaper.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import {
  type Command,
  type ProcessEvents,
  type ProcessExit,
  type Processes,
  ProcessStartError,
  type RunningProcess,
  type Signal,
} from './processes.ts';
import { Reaper, SANDBOX_MARKER } from './reaper.ts';

export interface RealProcessesOptions {
  /** Unique to this sandbox: every process carries it in its environment, and the reaper kills by it. */
  readonly marker: string;
  /** Removed when the sandbox ends, however it ends. */
  readonly directory?: string;
}

export class RealProcesses implements Processes {
  readonly #marker: string;
  readonly #reaper: Reaper;
  readonly #running = new Set<RealProcess>();
  #closed = false;

  constructor(options: RealProcessesOptions) {
    this.#marker = options.marker;
    this.#reaper = new Reaper(options);
  }

  start(command: Command, events: ProcessEvents): RunningProcess {
    if (this.#closed) throw new ProcessStartError('CLOSED', 'the sandbox is closing');
    const started = new RealProcess(spawnCommand(command, this.#marker), events, (ended) =>
      this.#forget(ended),
    );
    this.#running.add(started);
    this.#reaper.add(started.pid);
    return started;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ended = [...this.#running].map((running) => running.closed);
    for (const running of this.#running) running.signal('SIGKILL');
    await this.#reaper.close();
    await Promise.all(ended);
  }

  #forget(ended: RealProcess): void {
    this.#running.delete(ended);
    this.#reaper.remove(ended.pid);
  }
}

function spawnCommand(command: Command, marker: string): ChildProcess & { readonly pid: number } {
  const argv = command.terminal === true ? underTerminal(command.argv) : command.argv;
  const [program = '', ...parameters] = argv;
  const child = spawn(program, parameters, {
    cwd: command.directory,
    detached: true,
    env: { ...command.environment, [SANDBOX_MARKER]: marker },
    stdio: [command.stdin === 'pipe' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  if (!hasPid(child)) {
    child.on('error', () => {});
    throw startError(program, command);
  }
  return child;
}

function hasPid(child: ChildProcess): child is ChildProcess & { readonly pid: number } {
  return child.pid !== undefined;
}

/** Node tells the errno only in a later turn; the two that people meet can be told apart at once. */
function startError(program: string, command: Command): ProcessStartError {
  const shown = JSON.stringify(program);
  if (!existsSync(command.directory)) {
    return new ProcessStartError('NOT_STARTED', `exec: ${shown}: no working directory ${command.directory}`);
  }
  if (isFound(program, command.environment.PATH)) {
    return new ProcessStartError('NOT_STARTED', `exec: ${shown}: permission denied`);
  }
  const what = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH';
  return new ProcessStartError('NOT_FOUND', `exec: ${shown}: ${what}`);
}

function isFound(program: string, searchPath = ''): boolean {
  if (program.includes('/')) return existsSync(program);
  return searchPath.split(':').some((directory) => existsSync(path.join(directory, program)));
}

/** util-linux's script(1) is the pseudo-terminal that most machines have; without it there are plain pipes. */
function underTerminal(argv: readonly string[]): readonly string[] {
  const program = '/usr/bin/script';
  if (!existsSync(program)) return argv;
  const quoted = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return [program, '-qefc', quoted, '/dev/null'];
}

class RealProcess implements RunningProcess {
  readonly pid: number;
  readonly closed: Promise<void>;
  readonly #child: ChildProcess;
  #ended = false;
  #closed = false;

  constructor(
    child: ChildProcess & { readonly pid: number },
    events: ProcessEvents,
    forget: (ended: RealProcess) => void,
  ) {
    this.#child = child;
    this.pid = child.pid;
    child.stdout?.on('data', (chunk: Buffer) => events.onOutput('stdout', chunk));
    child.stderr?.on('data', (chunk: Buffer) => events.onOutput('stderr', chunk));
    for (const stream of [child.stdin, child.stdout, child.stderr, child]) stream?.on('error', () => {});
    child.once('exit', (code, signal) => {
      this.#ended = true;
      events.onExit(exitOf(code, signal));
    });
    this.closed = new Promise((resolve) => {
      child.once('close', () => {
        this.#closed = true;
        forget(this);
        events.onClosed();
        resolve();
      });
    });
  }

  /** After the end of its first process the group is still ours while one of it holds the output open. */
  signal(signal: Signal): void {
    if (this.#closed) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // ESRCH: the whole group is gone, which is what any signal here is for.
    }
  }

  write(chunk: Uint8Array): boolean {
    const input = this.#child.stdin;
    if (input === null || this.#ended || !input.writable) return true;
    return input.write(chunk);
  }

  onDrain(run: () => void): void {
    this.#child.stdin?.once('drain', run);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  pauseOutput(): void {
    this.#child.stdout?.pause();
    this.#child.stderr?.pause();
  }

  resumeOutput(): void {
    this.#child.stdout?.resume();
    this.#child.stderr?.resume();
  }
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): ProcessExit {
  if (signal === null) return { kind: 'exited', code: code ?? 0 };
  return { kind: 'signalled', signal, number: constants.signals[signal] };
}
