/**
 * Owns the port between a node and what runs on it: starting a command, signalling it, hearing how it ended.
 * Must not start anything: real processes live in real-processes.ts, simulated ones in fake-processes.ts,
 * and both pass processes.suite.ts.
 */

export type Signal =
  | 'SIGTERM'
  | 'SIGKILL'
  | 'SIGINT'
  | 'SIGHUP'
  | 'SIGSEGV'
  | 'SIGABRT'
  | 'SIGSTOP'
  | 'SIGCONT'
  | 'SIGQUIT'
  | 'SIGUSR1'
  | 'SIGUSR2';

/** What to run. The environment is complete: nothing is inherited. */
export interface Command {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly stdin: 'none' | 'pipe';
  /** Under a pseudo-terminal where the machine can provide one (`exec -t`). */
  readonly terminal?: boolean;
}

export type ProcessExit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string; readonly number: number };

export type OutputStream = 'stdout' | 'stderr';

export interface ProcessEvents {
  onOutput(stream: OutputStream, chunk: Uint8Array): void;
  /** The process has ended: exactly once, as soon as the machine says so. Output may still follow. */
  onExit(exit: ProcessExit): void;
  /** Exactly once and last, after onExit: nobody holds its output streams any more. */
  onClosed(): void;
}

export interface RunningProcess {
  readonly pid: number;
  /** Reaches the process and everything in its group. After the end it does nothing. */
  signal(signal: Signal): void;
  /** False: the reader is behind; wait for `onDrain`. Without a stdin pipe, and after the end, it drops the chunk. */
  write(chunk: Uint8Array): boolean;
  onDrain(run: () => void): void;
  endInput(): void;
  /** Stops or resumes reading its output, so that a slow client slows the process and not our memory. */
  pauseOutput(): void;
  resumeOutput(): void;
}

export interface Processes {
  /**
   * Starts a command in a process group of its own. No event comes before it returns.
   * @throws ProcessStartError
   */
  start(command: Command, events: ProcessEvents): RunningProcess;
  /** Ends everything it started and resolves when all of it is gone. Nothing can be started afterwards. */
  close(): Promise<void>;
}

export type ProcessStartErrorCode = 'NOT_FOUND' | 'NOT_STARTED' | 'CLOSED';

export class ProcessStartError extends Error {
  readonly code: ProcessStartErrorCode;
  readonly retry = 'backoff';

  constructor(code: ProcessStartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProcessStartError';
    this.code = code;
  }
}

/** What a container runtime reports: the code, or 128 + the signal's number (139 for SIGSEGV). */
export function exitCodeOf(exit: ProcessExit): number {
  return exit.kind === 'exited' ? exit.code : 128 + exit.number;
}
