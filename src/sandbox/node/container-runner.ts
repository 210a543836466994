/**
 * Owns one container of a pod over all its lives: starting, back-off between restarts, probes, ending with grace.
 * What the API is told of it, and when, is the pod worker's; `record` is the truth of this moment.
 */
import { after, type MonotonicMs, type Timer } from '../../time/clock.ts';
import { ContainerConfigError } from './container-environment.ts';
import { ContainerLife, newContainerId } from './container-life.ts';
import { ContainerProbes, type ProbeKind, runAction } from './container-probes.ts';
import type { ContainerRecord, ContainerState, TerminatedState } from './container-record.ts';
import type { Container, Pod } from './decode-pod.ts';
import { findImage, type Image } from './images.ts';
import { CONFIG_RETRY_MS, CONTAINER_CREATE_MS, GRACE_MIN_SECONDS } from './limits.ts';
import type { NodeRuntime, PodEvent } from './node-runtime.ts';
import { ProcessStartError } from './processes.ts';
import { freshBackoff, restartDelay, restarted } from './restart-backoff.ts';

export interface RunnerOptions {
  readonly runtime: NodeRuntime;
  readonly pod: Pod;
  readonly container: Container;
  readonly podIp: string;
  /** The process has started or ended: the node will see it at its next relist. */
  readonly onLife: () => void;
  /** A probe has a verdict: known to the node at once. */
  readonly onVerdict: () => void;
  /** It waits, and says why: known to the node at once. */
  readonly onWait: () => void;
}

export class ContainerRunner {
  readonly container: Container;
  readonly #options: RunnerOptions;
  #record: ContainerRecord;
  #life: ContainerLife | undefined;
  #previousLife: ContainerLife | undefined;
  #probes: ContainerProbes | undefined;
  #lives = 0;
  #backoff = freshBackoff;
  #imageBackoff = freshBackoff;
  #endedAt: MonotonicMs | undefined;
  #wait: Timer | undefined;
  #killAt: { readonly at: MonotonicMs; readonly timer: Timer } | undefined;

  constructor(options: RunnerOptions) {
    this.container = options.container;
    this.#options = options;
    this.#record = {
      name: options.container.name,
      image: options.container.image,
      imageId: '',
      sidecar: options.container.sidecar,
      restartCount: 0,
      state: { kind: 'waiting', reason: 'ContainerCreating' },
      lastEnd: undefined,
      started: false,
      ready: false,
    };
  }

  get record(): ContainerRecord {
    return this.#record;
  }

  /** The present life, or the last one. */
  get life(): ContainerLife | undefined {
    return this.#life;
  }

  get previousLife(): ContainerLife | undefined {
    return this.#previousLife;
  }

  get isRunning(): boolean {
    return this.#life?.running === true;
  }

  /** Starts it for the first time, or again when its back-off allows; until then it waits by itself. */
  start(): void {
    if (this.isRunning || this.#wait !== undefined) return;
    if (this.#endedAt === undefined) {
      this.#tryToStart();
      return;
    }
    const { clock } = this.#options.runtime;
    const { startAt, delayMs } = restartDelay(this.#backoff, this.#endedAt);
    if (clock.now() >= startAt) {
      // Its state stays as it is meanwhile: the kubelet shows no wait of its own for this.
      this.#wait = clock.schedule(CONTAINER_CREATE_MS, () => {
        this.#wait = undefined;
        this.#restart();
      });
      return;
    }
    const message = `back-off ${shortDuration(delayMs)} restarting failed container=${this.container.name} pod=${this.#podName()}`;
    this.#waitUntil(startAt, { kind: 'waiting', reason: 'CrashLoopBackOff', message }, () => this.#restart());
    this.#tell(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${this.container.name} in pod ${this.#podName()}`,
    );
  }

  /** Probes run from when the node has seen the container running. */
  startProbes(): void {
    if (this.#probes !== undefined || this.#life === undefined || !this.#life.running) return;
    const { runtime, podIp } = this.#options;
    const { container } = this;
    this.#probes = new ContainerProbes({
      runtime,
      container,
      podIp,
      life: this.#life,
      listener: {
        onStarted: () => this.#verdict({ started: true, ready: container.readinessProbe === undefined }),
        onReady: (ready) => this.#verdict({ ready }),
        onUnhealthy: (kind) => this.#onUnhealthy(kind),
        onFailure: (kind, problem) => this.#tell('Warning', 'Unhealthy', `${kind} probe failed: ${problem}`),
      },
    });
  }

  /** No restart and no wait from here on; readiness goes on while it runs. */
  prepareToEnd(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#probes?.keepReadinessOnly();
  }

  /** preStop, SIGTERM, and SIGKILL when the grace is over; a later call can only shorten it. */
  end(graceSeconds: number): void {
    const life = this.#life;
    if (life === undefined || !life.running) return;
    const { clock } = this.#options.runtime;
    const at = after(clock.now(), Math.max(graceSeconds, GRACE_MIN_SECONDS) * 1_000);
    const first = this.#killAt === undefined;
    if (this.#killAt !== undefined && this.#killAt.at <= at) return;
    this.#killAt?.timer.cancel();
    this.#killAt = { at, timer: clock.schedule(at - clock.now(), () => life.signal('SIGKILL')) };
    if (!first) return;
    this.#tell('Normal', 'Killing', `Stopping container ${this.container.name}`);
    void this.#runPreStop(life).then(() => {
      if (life.running) life.signal('SIGTERM');
    });
  }

  /** Forgets timers and probes; the process is left to Processes. */
  close(): void {
    this.#wait?.cancel();
    this.#probes?.stop();
    this.#killAt?.timer.cancel();
  }

  #tryToStart(): void {
    const image = this.#findImage();
    if (image === undefined) return;
    this.#record = { ...this.#record, imageId: imageId(this.container.image) };
    try {
      this.#begin(image);
    } catch (error) {
      if (error instanceof ContainerConfigError) this.#onBadConfig(error);
      else if (error instanceof ProcessStartError) this.#onEnd(this.#startFailure(error));
      else throw error;
    }
  }

  #begin(image: Image): void {
    const { runtime, pod, podIp } = this.#options;
    const { container } = this;
    const directory = runtime.directories.create(pod.uid, container.name, this.#lives);
    const life = new ContainerLife({
      runtime,
      pod,
      container,
      image,
      podIp,
      directory,
      onEnd: (end) => this.#onEnd(end),
    });
    this.#previousLife = this.#life;
    this.#life = life;
    this.#lives += 1;
    const { containerId, startedAtMs } = life;
    const started = container.startupProbe === undefined;
    this.#record = {
      ...this.#record,
      state: { kind: 'running', containerId, startedAtMs },
      started,
      ready: started && container.readinessProbe === undefined,
    };
    this.#tell('Normal', 'Started', `Started container ${container.name}`);
    this.#options.onLife();
  }

  #onEnd(end: TerminatedState): void {
    this.#probes?.stop();
    this.#probes = undefined;
    this.#killAt?.timer.cancel();
    this.#killAt = undefined;
    this.#endedAt = this.#options.runtime.clock.now();
    this.#record = { ...this.#record, state: end, started: false, ready: false };
    this.#options.onLife();
  }

  #restart(): void {
    const { runtime, pod } = this.#options;
    this.#backoff = restarted(this.#backoff, runtime.clock.now());
    const ended = this.#record.state;
    const lastEnd = ended.kind === 'terminated' ? ended : this.#record.lastEnd;
    this.#record = { ...this.#record, lastEnd, restartCount: this.#record.restartCount + 1 };
    if (this.#lives > 0) runtime.directories.removeLife(pod.uid, this.container.name, this.#lives - 1);
    this.#tryToStart();
  }

  #findImage(): Image | undefined {
    const { image: name, pullPolicy } = this.container;
    const image = findImage(this.#options.runtime.images, name);
    if (image !== undefined) {
      if (this.#lives === 0)
        this.#tell('Normal', 'Pulled', `Container image "${name}" already present on machine`);
      return image;
    }
    if (pullPolicy === 'Never') {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      this.#tell('Warning', 'ErrImageNeverPull', message);
      this.#waitFor(CONFIG_RETRY_MS, { kind: 'waiting', reason: 'ErrImageNeverPull', message });
    } else this.#onMissingImage(name);
    return undefined;
  }

  #onMissingImage(name: string): void {
    const message = `failed to pull and unpack image "${name}": not in the sandbox's table of images`;
    this.#tell('Warning', 'Failed', `Failed to pull image "${name}": ${message}`);
    this.#setWaiting({ kind: 'waiting', reason: 'ErrImagePull', message });
    this.#imageBackoff = restarted(this.#imageBackoff, this.#options.runtime.clock.now());
    this.#tell('Normal', 'BackOff', `Back-off pulling image "${name}"`);
    const waiting = `Back-off pulling image "${name}": ErrImagePull: ${message}`;
    this.#waitFor(this.#imageBackoff.nextDelayMs, {
      kind: 'waiting',
      reason: 'ImagePullBackOff',
      message: waiting,
    });
  }

  #onBadConfig({ message }: ContainerConfigError): void {
    this.#tell('Warning', 'Failed', `Error: ${message}`);
    this.#waitFor(CONFIG_RETRY_MS, { kind: 'waiting', reason: 'CreateContainerConfigError', message });
  }

  #startFailure({ message }: ProcessStartError): TerminatedState {
    const { runtime } = this.#options;
    const nowMs = runtime.clock.wallTimeMs();
    const said = `failed to start container: ${message}`;
    this.#tell('Warning', 'Failed', `Error: ${said}`);
    const containerId = newContainerId(runtime);
    return {
      kind: 'terminated',
      containerId,
      exitCode: 128,
      reason: 'StartError',
      message: said,
      startedAtMs: nowMs,
      finishedAtMs: nowMs,
    };
  }

  #waitFor(delayMs: number, state: ContainerState): void {
    this.#waitUntil(after(this.#options.runtime.clock.now(), delayMs), state, () => this.#tryToStart());
  }

  #waitUntil(until: MonotonicMs, state: ContainerState, then: () => void): void {
    const { clock } = this.#options.runtime;
    this.#wait = clock.schedule(until - clock.now(), () => {
      this.#wait = undefined;
      then();
    });
    this.#setWaiting(state);
  }

  #setWaiting(state: ContainerState): void {
    const before = this.#record.state;
    const lastEnd = before.kind === 'terminated' ? before : this.#record.lastEnd;
    this.#record = { ...this.#record, state, lastEnd };
    this.#options.onWait();
  }

  #verdict(flags: { readonly started?: boolean; readonly ready?: boolean }): void {
    this.#record = { ...this.#record, ...flags };
    this.#options.onVerdict();
  }

  #onUnhealthy(kind: ProbeKind): void {
    this.#tell(
      'Normal',
      'Killing',
      `Container ${this.container.name} failed ${kind.toLowerCase()} probe, will be restarted`,
    );
    this.end(this.#options.pod.graceSeconds);
  }

  async #runPreStop(life: ContainerLife): Promise<void> {
    const { preStop } = this.container;
    if (preStop === undefined) return;
    const { runtime, podIp } = this.#options;
    if (preStop.kind === 'sleep') {
      await new Promise<void>((resolve) => runtime.clock.schedule(preStop.durationMs, resolve));
      return;
    }
    const graceMs = this.#options.pod.graceSeconds * 1_000;
    const problem = await runAction({ runtime, container: this.container, podIp, life }, preStop, graceMs);
    if (problem !== undefined) this.#tell('Warning', 'FailedPreStopHook', `PreStopHook failed: ${problem}`);
  }

  #tell(type: PodEvent['type'], reason: string, message: string): void {
    this.#options.runtime.tell(this.#options.pod, { type, reason, message, container: this.container.name });
  }

  #podName(): string {
    const { name, namespace, uid } = this.#options.pod;
    return `${name}_${namespace}(${uid})`;
  }
}

/** Go's time.Duration, as kubelet prints it: 10s, 1m20s, 5m0s. */
function shortDuration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** There are no image files here: the ID names the table's entry. */
function imageId(image: string): string {
  return `sandbox://${image}`;
}
