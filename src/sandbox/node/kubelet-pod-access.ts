/**
 * Owns exec and logs: finds the container that the API server asks for and connects the caller with it.
 * Must not choose a container: the API server has done that. (kubernetes pkg/kubelet/server)
 */
import type { Clock } from '../../time/clock.ts';
import {
  type ExecStreams,
  type ExecTarget,
  type LogTarget,
  type PodAccess,
  PodAccessError,
} from '../api/pod-access.ts';
import type { ContainerLog, LogLine } from './container-log.ts';
import type { ContainerRunner } from './container-runner.ts';
import { exitCodeOf, ProcessStartError } from './processes.ts';

export type FindContainer = (
  namespace: string,
  pod: string,
  container: string,
) => ContainerRunner | undefined;

/** The exit code for a command that can't be started, as a shell has it. */
const NOT_FOUND_EXIT_CODE = 127;

export class KubeletPodAccess implements PodAccess {
  readonly #find: FindContainer;
  readonly #clock: Clock;

  constructor(find: FindContainer, clock: Clock) {
    this.#find = find;
    this.#clock = clock;
  }

  exec(target: ExecTarget, streams: ExecStreams): Promise<number> {
    const life = this.#find(target.namespace, target.pod, target.container)?.life;
    if (life === undefined || !life.running) {
      return Promise.reject(
        new PodAccessError(404, `container not found (${JSON.stringify(target.container)})`),
      );
    }
    const { promise, resolve } = Promise.withResolvers<number>();
    let code = 0;
    try {
      const session = life.exec(
        target.command,
        { stdin: target.stdin, terminal: target.tty },
        {
          onOutput: (stream, chunk) =>
            stream === 'stderr' && !target.tty ? streams.stderr(chunk) : streams.stdout(chunk),
          onExit: (exit) => {
            code = exitCodeOf(exit);
          },
          onClosed: () => resolve(code),
        },
      );
      const end = () => session.signal('SIGKILL');
      if (streams.abandoned.aborted) end();
      else streams.abandoned.addEventListener('abort', end, { once: true });
      if (target.stdin)
        streams.onStdin(
          (chunk) => void session.write(chunk),
          () => session.endInput(),
        );
    } catch (error) {
      if (!(error instanceof ProcessStartError)) throw error;
      streams.stderr(new TextEncoder().encode(`${startFailure(error)}\n`));
      resolve(NOT_FOUND_EXIT_CODE);
    }
    return promise;
  }

  logs(target: LogTarget, write: (chunk: Uint8Array) => void): Promise<void> {
    const { namespace, pod, container, previous } = target;
    const runner = this.#find(namespace, pod, container);
    if (runner === undefined) {
      return Promise.reject(
        new PodAccessError(
          404,
          `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod)} is not available`,
        ),
      );
    }
    const life = previous ? runner.previousLife : runner.life;
    if (life === undefined) return Promise.reject(noLogs(runner, target));
    return this.#copy(life.log, target, write);
  }

  #copy(log: ContainerLog, target: LogTarget, write: (chunk: Uint8Array) => void): Promise<void> {
    const sinceMs = this.#since(target);
    const kept = log.lines.filter((line) => line.atMs >= sinceMs);
    let leftBytes = target.limitBytes ?? Number.POSITIVE_INFINITY;
    const send = (line: LogLine) => {
      const bytes = shown(line, target.timestamps).subarray(0, leftBytes);
      leftBytes -= bytes.length;
      if (bytes.length > 0) write(bytes);
    };
    for (const line of lastLines(kept, target.tailLines)) send(line);
    if (!target.follow) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = log.follow((line) => {
        if (line === undefined) resolve();
        else send(line);
      });
      const abandon = () => {
        stop();
        resolve();
      };
      if (target.abandoned.aborted) abandon();
      else target.abandoned.addEventListener('abort', abandon, { once: true });
    });
  }

  #since({ sinceSeconds, sinceTime }: LogTarget): number {
    if (sinceSeconds !== undefined) return this.#clock.wallTimeMs() - sinceSeconds * 1_000;
    const ms = sinceTime === undefined ? Number.NaN : Date.parse(sinceTime);
    return Number.isNaN(ms) ? Number.NEGATIVE_INFINITY : ms;
  }
}

/** runc's words, as `kubectl exec` shows them. */
function startFailure({ message }: ProcessStartError): string {
  return `OCI runtime exec failed: exec failed: unable to start container process: ${message}: unknown`;
}

function noLogs(runner: ContainerRunner, { pod, container, previous }: LogTarget): PodAccessError {
  const [shownContainer, shownPod] = [JSON.stringify(container), JSON.stringify(pod)];
  if (previous) {
    return new PodAccessError(
      400,
      `previous terminated container ${shownContainer} in pod ${shownPod} not found`,
    );
  }
  const { state } = runner.record;
  const why = state.kind === 'waiting' ? state.reason : state.kind;
  return new PodAccessError(
    400,
    `container ${shownContainer} in pod ${shownPod} is waiting to start: ${why}`,
  );
}

function lastLines(lines: readonly LogLine[], count: number | undefined): readonly LogLine[] {
  return count === undefined ? lines : lines.slice(Math.max(0, lines.length - count));
}

/** With the time as containerd writes it: RFC 3339 with nanoseconds. */
function shown(line: LogLine, timestamps: boolean): Uint8Array {
  if (!timestamps) return line.bytes;
  const time = new Date(line.atMs).toISOString().replace('Z', '000000Z ');
  return Buffer.concat([Buffer.from(time), line.bytes]);
}
