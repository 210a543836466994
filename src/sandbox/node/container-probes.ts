/**
 * Owns the three probes of one container life: startup first, then readiness and liveness together.
 * Must not restart anything: it says what they found.
 */
import type { ContainerLife } from './container-life.ts';
import type { Container, Probe, ProbeAction } from './decode-pod.ts';
import type { NodeRuntime } from './node-runtime.ts';
import { ProbeLoop } from './probe-loop.ts';
import { exitCodeOf, ProcessStartError } from './processes.ts';

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

export interface ProbeListener {
  onStarted(): void;
  onReady(ready: boolean): void;
  /** Liveness or startup has failed for good. */
  onUnhealthy(kind: ProbeKind): void;
  onFailure(kind: ProbeKind, problem: string): void;
}

export interface ProbesOptions {
  readonly runtime: NodeRuntime;
  readonly container: Container;
  readonly podIp: string;
  readonly life: ContainerLife;
  readonly listener: ProbeListener;
}

export class ContainerProbes {
  readonly #options: ProbesOptions;
  readonly #loops = new Map<ProbeKind, ProbeLoop>();

  constructor(options: ProbesOptions) {
    this.#options = options;
    const { startupProbe } = options.container;
    if (startupProbe === undefined) this.#afterStartup();
    else this.#start('Startup', startupProbe, undefined, (verdict) => this.#onStartup(verdict));
  }

  stop(): void {
    for (const loop of this.#loops.values()) loop.stop();
    this.#loops.clear();
  }

  /** A pod that ends is still probed for readiness, but neither for startup nor for liveness any more. */
  keepReadinessOnly(): void {
    for (const kind of ['Startup', 'Liveness'] as const) {
      this.#loops.get(kind)?.stop();
      this.#loops.delete(kind);
    }
  }

  #onStartup(verdict: boolean): void {
    this.#loops.get('Startup')?.stop();
    this.#loops.delete('Startup');
    if (!verdict) {
      this.#options.listener.onUnhealthy('Startup');
      return;
    }
    this.#options.listener.onStarted();
    this.#afterStartup();
  }

  #afterStartup(): void {
    const { container, listener } = this.#options;
    const { readinessProbe, livenessProbe } = container;
    if (readinessProbe !== undefined) {
      this.#start('Readiness', readinessProbe, false, (ready) => listener.onReady(ready));
    }
    if (livenessProbe === undefined) return;
    this.#start('Liveness', livenessProbe, true, (alive) => {
      if (alive) return;
      this.#loops.get('Liveness')?.stop();
      listener.onUnhealthy('Liveness');
    });
  }

  #start(
    kind: ProbeKind,
    probe: Probe,
    initially: boolean | undefined,
    onVerdict: (verdict: boolean) => void,
  ): void {
    const { runtime, life, listener } = this.#options;
    const loop = new ProbeLoop({
      probe,
      clock: runtime.clock,
      startedAt: life.startedAt,
      initially,
      attempt: () => runAction(this.#options, probe.action, probe.timeoutMs),
      onVerdict,
      onFailure: (problem) => listener.onFailure(kind, problem),
    });
    this.#loops.set(kind, loop);
  }
}

/** Resolves to undefined on success, else to what went wrong. Also the way of preStop hooks. */
export function runAction(
  around: Pick<ProbesOptions, 'runtime' | 'container' | 'podIp' | 'life'>,
  action: ProbeAction,
  timeoutMs: number,
): Promise<string | undefined> {
  const { runtime, container, podIp, life } = around;
  if (action.kind === 'exec') return runExec(runtime, life, action.command, timeoutMs);
  const port = portNumber(container, action.port);
  if (port === undefined) return Promise.resolve(`couldn't find port: ${action.port}`);
  const host = action.host ?? podIp;
  if (action.kind === 'tcp') return runtime.probeNetwork.connect(host, port, timeoutMs);
  return runtime.probeNetwork.request({ ...action, host, port }, timeoutMs);
}

function portNumber(container: Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  return (
    container.ports.find(({ name }) => name === port)?.number ??
    (/^\d+$/.test(port) ? Number(port) : undefined)
  );
}

/** What is shown of a failed probe's output (kubelet cuts it at 10 KiB; an event should stay readable). */
const OUTPUT_SHOWN_BYTES_MAX = 1_024;

function runExec(
  runtime: NodeRuntime,
  life: ContainerLife,
  command: readonly string[],
  timeoutMs: number,
): Promise<string | undefined> {
  if (!life.running) return Promise.resolve('container is not running');
  return new Promise((resolve) => {
    const output: Uint8Array[] = [];
    let size = 0;
    const keep = (chunk: Uint8Array) => {
      if (size < OUTPUT_SHOWN_BYTES_MAX) output.push(chunk);
      size += chunk.length;
    };
    try {
      const session = life.exec(
        command,
        { stdin: false, terminal: false },
        {
          onOutput: (_, chunk) => keep(chunk),
          onExit: (exit) => {
            limit.cancel();
            if (exitCodeOf(exit) === 0) resolve(undefined);
          },
          onClosed: () =>
            resolve(Buffer.concat(output).subarray(0, OUTPUT_SHOWN_BYTES_MAX).toString().trim()),
        },
      );
      const limit = runtime.clock.schedule(timeoutMs, () => {
        resolve(
          `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${timeoutMs / 1_000}s`,
        );
        session.signal('SIGKILL');
      });
    } catch (error) {
      if (!(error instanceof ProcessStartError)) throw error;
      resolve(error.message);
    }
  });
}
