/**
 * Owns one life of one container: from the start of its process to the last byte of its output, with everything that
 * runs inside it (exec sessions, probes). A restart is another life.
 * Must not decide whether there is another one: that is container-runner.ts.
 */
import type { Clock, MonotonicMs } from '../../time/clock.ts';
import type { ContainerDirectory } from './container-directories.ts';
import { containerArgv, containerEnvironment, execArgv } from './container-environment.ts';
import { ContainerLog } from './container-log.ts';
import type { TerminatedState } from './container-record.ts';
import type { Container, Pod } from './decode-pod.ts';
import type { Image } from './images.ts';
import type { NodeRuntime } from './node-runtime.ts';
import {
  exitCodeOf,
  type ProcessEvents,
  type ProcessExit,
  type RunningProcess,
  type Signal,
} from './processes.ts';

export interface LifeOptions {
  readonly runtime: NodeRuntime;
  readonly pod: Pod;
  readonly container: Container;
  readonly image: Image;
  readonly podIp: string;
  readonly directory: ContainerDirectory;
  readonly onEnd: (end: TerminatedState) => void;
}

export class ContainerLife {
  readonly containerId: string;
  readonly startedAtMs: number;
  readonly startedAt: MonotonicMs;
  readonly log = new ContainerLog();
  readonly #options: LifeOptions;
  readonly #clock: Clock;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #process: RunningProcess;
  readonly #sessions = new Set<RunningProcess>();
  #ended = false;

  /** @throws ContainerConfigError, ProcessStartError */
  constructor(options: LifeOptions) {
    const { runtime, pod, container, image, podIp, directory } = options;
    this.#options = options;
    this.#clock = runtime.clock;
    this.#environment = containerEnvironment(pod, container, {
      podIp,
      hostIp: runtime.hostIp,
      temporaryDirectory: directory.temporary,
      base: runtime.baseEnvironment(pod),
      config: (of) => runtime.config(pod, of),
    });
    this.containerId = newContainerId(runtime);
    this.startedAt = this.#clock.now();
    this.startedAtMs = this.#clock.wallTimeMs();
    this.#process = runtime.processes.start(
      {
        argv: containerArgv(container, image, this.#environment, directory.temporary),
        environment: this.#environment,
        directory: workingDirectory(container, directory),
        stdin: 'none',
      },
      {
        onOutput: (stream, chunk) => this.log.append(stream, chunk, this.#clock.wallTimeMs()),
        onExit: (exit) => this.#end(exit),
        onClosed: () => this.log.close(this.#clock.wallTimeMs()),
      },
    );
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return !this.#ended;
  }

  signal(signal: Signal): void {
    this.#process.signal(signal);
  }

  /**
   * Starts a command inside the container; it ends with it.
   * @throws ProcessStartError
   */
  exec(
    command: readonly string[],
    io: { stdin: boolean; terminal: boolean },
    events: ProcessEvents,
  ): RunningProcess {
    const { runtime, image, directory, container } = this.#options;
    const session = runtime.processes.start(
      {
        argv: execArgv(command, image, directory.temporary),
        environment: { ...this.#environment, ...(io.terminal ? { TERM: 'xterm' } : {}) },
        directory: workingDirectory(container, directory),
        stdin: io.stdin ? 'pipe' : 'none',
        terminal: io.terminal,
      },
      {
        onOutput: (stream, chunk) => events.onOutput(stream, chunk),
        onExit: (exit) => events.onExit(exit),
        onClosed: () => {
          this.#sessions.delete(session);
          events.onClosed();
        },
      },
    );
    this.#sessions.add(session);
    return session;
  }

  /** A container's first process takes all others with it, as the end of a PID namespace does. */
  #end(exit: ProcessExit): void {
    this.#ended = true;
    this.#process.signal('SIGKILL');
    for (const session of this.#sessions) session.signal('SIGKILL');
    const exitCode = exitCodeOf(exit);
    this.#options.onEnd({
      kind: 'terminated',
      containerId: this.containerId,
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAtMs: this.startedAtMs,
      finishedAtMs: this.#clock.wallTimeMs(),
    });
  }
}

function workingDirectory(container: Container, directory: ContainerDirectory): string {
  return container.workingDirectory === '/tmp' ? directory.temporary : directory.work;
}

/** containerd's way to name one: 64 hexadecimal digits. */
export function newContainerId(runtime: Pick<NodeRuntime, 'random'>): string {
  const digit = () => Math.floor(runtime.random.fraction() * 16).toString(16);
  return `containerd://${Array.from({ length: 64 }, digit).join('')}`;
}
