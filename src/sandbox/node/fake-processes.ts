/**
 * Owns processes that exist only in memory, for tests and the simulation: a program is a function that is told of
 * signals and input, and its pids are counted.
 * Must not touch the machine or real time.
 */
import type { Clock } from '../../time/clock.ts';
import {
  type Command,
  type OutputStream,
  type ProcessEvents,
  type ProcessExit,
  type Processes,
  ProcessStartError,
  type RunningProcess,
  type Signal,
} from './processes.ts';

/** What a program sees of its process. */
export interface FakeProcess {
  readonly pid: number;
  readonly command: Command;
  readonly clock: Clock;
  print(text: string, stream?: OutputStream): void;
  exit(code: number): void;
}

/** What a program does. Without onSignal every signal but SIGSTOP and SIGCONT ends it. */
export interface FakeBehaviour {
  onSignal?(signal: Signal): void;
  onInput?(text: string): void;
  onInputEnd?(): void;
  /** It has ended, by whatever. */
  onEnd?(): void;
}

export type FakeProgram = (process: FakeProcess) => FakeBehaviour | undefined;

const SIGNAL_NUMBERS: Readonly<Record<Signal, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGCONT: 18,
  SIGSTOP: 19,
};

export class FakeProcesses implements Processes {
  readonly #clock: Clock;
  readonly #programs: Readonly<Record<string, FakeProgram>>;
  readonly #running = new Map<number, FakeRunningProcess>();
  #pid = 1_000;
  #closed = false;

  /** `programs` by the first word of the command; `*` stands for any other. */
  constructor(clock: Clock, programs: Readonly<Record<string, FakeProgram>>) {
    this.#clock = clock;
    this.#programs = programs;
  }

  /** The commands that run at this moment, by pid. */
  get running(): ReadonlyMap<number, RunningProcess & { readonly command: Command }> {
    return this.#running;
  }

  start(command: Command, events: ProcessEvents): RunningProcess {
    if (this.#closed) throw new ProcessStartError('CLOSED', 'the sandbox is closing');
    const name = command.argv[0] ?? '';
    const program = this.#programs[name] ?? this.#programs['*'];
    if (program === undefined) {
      throw new ProcessStartError(
        'NOT_FOUND',
        `exec: ${JSON.stringify(name)}: executable file not found in $PATH`,
      );
    }
    const pid = this.#pid++;
    const started = new FakeRunningProcess(pid, command, this.#clock, events, () =>
      this.#running.delete(pid),
    );
    this.#running.set(pid, started);
    this.#clock.schedule(0, () => started.run(program));
    return started;
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const running of [...this.#running.values()])
      running.end({ kind: 'signalled', signal: 'SIGKILL', number: 9 });
    return Promise.resolve();
  }
}

class FakeRunningProcess implements RunningProcess, FakeProcess {
  readonly pid: number;
  readonly command: Command;
  readonly clock: Clock;
  readonly #events: ProcessEvents;
  readonly #forget: () => void;
  #behaviour: FakeBehaviour = {};
  #ended = false;
  #paused = false;
  #held: { readonly stream: OutputStream; readonly chunk: Uint8Array }[] = [];

  constructor(pid: number, command: Command, clock: Clock, events: ProcessEvents, forget: () => void) {
    this.pid = pid;
    this.command = command;
    this.clock = clock;
    this.#events = events;
    this.#forget = forget;
  }

  run(program: FakeProgram): void {
    if (this.#ended) return;
    const behaviour = program(this);
    if (behaviour !== undefined) this.#behaviour = behaviour;
  }

  print(text: string, stream: OutputStream = 'stdout'): void {
    if (this.#ended) return;
    const chunk = new TextEncoder().encode(text);
    if (this.#paused) this.#held.push({ stream, chunk });
    else this.#events.onOutput(stream, chunk);
  }

  exit(code: number): void {
    this.end({ kind: 'exited', code });
  }

  /** In a later turn, as the machine's own are: who signals must not hear the exit inside the call. */
  signal(signal: Signal): void {
    if (this.#ended) return;
    const number = SIGNAL_NUMBERS[signal];
    if (signal === 'SIGKILL') this.clock.schedule(0, () => this.end({ kind: 'signalled', signal, number }));
    else if (this.#behaviour.onSignal !== undefined)
      this.clock.schedule(0, () => this.#behaviour.onSignal?.(signal));
    else if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') {
      this.clock.schedule(0, () => this.end({ kind: 'signalled', signal, number }));
    }
  }

  write(chunk: Uint8Array): boolean {
    const text = new TextDecoder().decode(chunk);
    this.clock.schedule(0, () => {
      if (!this.#ended && this.command.stdin === 'pipe') this.#behaviour.onInput?.(text);
    });
    return true;
  }

  onDrain(run: () => void): void {
    this.clock.schedule(0, run);
  }

  endInput(): void {
    this.clock.schedule(0, () => {
      if (!this.#ended) this.#behaviour.onInputEnd?.();
    });
  }

  pauseOutput(): void {
    this.#paused = true;
  }

  resumeOutput(): void {
    this.#paused = false;
    for (const { stream, chunk } of this.#held.splice(0)) this.#events.onOutput(stream, chunk);
  }

  end(exit: ProcessExit): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#forget();
    this.#behaviour.onEnd?.();
    this.#events.onExit(exit);
    this.resumeOutput();
    this.#events.onClosed();
  }
}
