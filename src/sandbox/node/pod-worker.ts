/**
 * Owns one pod on its node, from the first container to the last status: the order of containers, restarts by policy,
 * the end with grace, and which state the API is told when.
 * It shows what the node has observed, not what is true at the moment: exits and starts arrive with a relist (pleg.ts),
 * probe verdicts and waits at once. (kubelet: pkg/kubelet/pod_workers.go, kuberuntime_manager.go SyncPod)
 * Must not call the API: PodReporter does.
 */
import type { JsonObject } from '../api/json.ts';
import type { ContainerRecord } from './container-record.ts';
import { ContainerRunner } from './container-runner.ts';
import type { Container, Pod } from './decode-pod.ts';
import { GRACE_MIN_SECONDS, POD_SANDBOX_MS } from './limits.ts';
import type { NodeRuntime } from './node-runtime.ts';
import { isInitialized, podStatus } from './pod-status.ts';

/** The pod worker's way to the API. Calls never throw: what can't be said now is said again when asked to. */
export interface PodReporter {
  /** Writes the status that `compute` makes of the present one. */
  report(pod: Pod, compute: (present: JsonObject) => JsonObject): void;
  /** Everything has ended and the status says so: the object may go (grace 0, with the uid as precondition). */
  finish(pod: Pod): void;
  /** Nothing of the pod is left on the node. */
  forget(pod: Pod): void;
}

export interface PodWorkerOptions {
  readonly pod: Pod;
  readonly podIp: string;
  readonly runtime: NodeRuntime;
  readonly reporter: PodReporter;
}

/** living -> ending (a delete, or nothing left to restart) -> ended; and gone once the object has vanished too. */
type Stage = 'living' | 'ending' | 'ended';

export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #startedAtMs: number;
  readonly #init: readonly ContainerRunner[];
  readonly #main: readonly ContainerRunner[];
  readonly #observed = new Map<string, ContainerRecord>();
  #pod: Pod;
  #stage: Stage = 'living';
  #objectGone = false;
  #relistAsked = false;
  #finishAsked = false;
  /** Until its containers are about to start a pod shows no address. */
  #hasNetwork = false;
  #closed = false;

  constructor(options: PodWorkerOptions) {
    this.#options = options;
    this.#pod = options.pod;
    this.#startedAtMs = options.runtime.clock.wallTimeMs();
    this.#init = options.pod.initContainers.map((container) => this.#runner(container));
    this.#main = options.pod.containers.map((container) => this.#runner(container));
    for (const runner of this.#all()) this.#observed.set(runner.container.name, runner.record);
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Takes the pod on: shows it as ContainerCreating, then starts what comes first once its sandbox would be up. */
  begin(): void {
    if (this.#pod.deletion !== undefined) {
      this.update(this.#pod);
      return;
    }
    this.publish();
    this.#options.runtime.clock.schedule(POD_SANDBOX_MS, () => {
      if (this.#closed || this.#stage !== 'living') return;
      this.#hasNetwork = true;
      this.#sync();
    });
  }

  /** The object has changed. Containers are immutable; a delete is what matters here. */
  update(pod: Pod): void {
    const isToBeShown = pod.readinessGates.length > 0 || pod.generation !== this.#pod.generation;
    this.#pod = pod;
    // Also of a pod that is to end: first that this is known, then what became of it.
    if (isToBeShown && this.#stage !== 'ended') this.publish();
    if (pod.deletion !== undefined) {
      if (this.#stage === 'ended') this.#finishWhenDeleted();
      else this.#endAll(pod.deletion.graceSeconds);
    }
  }

  /** The object is gone from the API without our word: whatever still runs has the minimum grace. */
  objectGone(): void {
    this.#objectGone = true;
    this.#endAll(GRACE_MIN_SECONDS);
    if (this.#stage === 'ended') this.#forget();
  }

  /** Says everything once more: after an interruption nobody knows what arrived. */
  reportAgain(): void {
    this.publish();
    if (this.#finishAsked) this.#options.reporter.finish(this.#pod);
  }

  publish(): void {
    if (this.#closed || this.#objectGone) return;
    const { reporter, runtime, podIp } = this.#options;
    reporter.report(this.#pod, (present) =>
      podStatus(
        {
          pod: this.#pod,
          init: this.#observations(this.#init),
          containers: this.#observations(this.#main),
          podIp: this.#hasNetwork ? podIp : undefined,
          hostIp: runtime.hostIp,
          startedAtMs: this.#startedAtMs,
          ended: this.#stage === 'ended',
          nowMs: runtime.clock.wallTimeMs(),
        },
        present,
      ),
    );
  }

  container(name: string): ContainerRunner | undefined {
    return this.#all().find((runner) => runner.container.name === name);
  }

  close(): void {
    this.#closed = true;
    for (const runner of this.#all()) runner.close();
  }

  #all(): readonly ContainerRunner[] {
    return [...this.#init, ...this.#main];
  }

  #runner(container: Container): ContainerRunner {
    const { runtime, podIp, pod } = this.#options;
    return new ContainerRunner({
      runtime,
      pod,
      container,
      podIp,
      onLife: () => this.#askForRelist(),
      onVerdict: () => {
        this.#showVerdicts();
        this.#sync();
      },
      onWait: () => this.#showVerdicts(),
    });
  }

  #askForRelist(): void {
    if (this.#relistAsked || this.#closed) return;
    this.#relistAsked = true;
    // Who ends a pod waits for its processes itself and needs no relist (kubelet SyncTerminatingPod asks the runtime).
    if (this.#stage === 'ending') void Promise.resolve().then(() => this.#relist());
    else this.#options.runtime.pleg.atNextRelist(() => this.#relist());
  }

  #relist(): void {
    this.#relistAsked = false;
    if (this.#closed) return;
    for (const runner of this.#all()) {
      this.#observed.set(runner.container.name, runner.record);
      runner.startProbes();
    }
    if (this.#stage === 'living') {
      this.publish();
      this.#sync();
    } else if (this.#stage === 'ending') this.#continueEnding();
  }

  /** A verdict changes what is known of a life that has been observed; it doesn't reveal one that hasn't. */
  #showVerdicts(): void {
    if (this.#closed) return;
    let changed = false;
    for (const { record } of this.#all()) {
      const observed = this.#observed.get(record.name);
      if (observed === record || !isKnown(observed, record)) continue;
      this.#observed.set(record.name, record);
      changed = true;
    }
    if (changed) this.publish();
  }

  /** Starts what is to run now. */
  #sync(): void {
    if (this.#stage !== 'living' || this.#closed) return;
    for (const runner of this.#init) {
      if (!this.#isDone(runner)) runner.start();
      if (!isInitialized([runner.record])) {
        this.#failInitialization(runner);
        return;
      }
    }
    for (const runner of this.#main) if (!this.#isDone(runner)) runner.start();
    if (this.#main.every((runner) => this.#isDone(runner))) this.#endAll(this.#pod.graceSeconds);
  }

  /** A failed init container that is not restarted fails the pod. */
  #failInitialization(runner: ContainerRunner): void {
    const failed = runner.record.state.kind === 'terminated' && this.#pod.restartPolicy === 'Never';
    if (failed && !runner.container.sidecar) this.#endAll(this.#pod.graceSeconds);
  }

  /** It has ended and its policy wants no other life. */
  #isDone(runner: ContainerRunner): boolean {
    const { state } = runner.record;
    if (state.kind !== 'terminated' || runner.container.sidecar) return false;
    const isInit = this.#init.includes(runner);
    if (this.#pod.restartPolicy === 'Never') return true;
    if (state.exitCode === 0) return isInit || this.#pod.restartPolicy === 'OnFailure';
    return false;
  }

  #endAll(graceSeconds: number): void {
    if (this.#stage === 'ended') return;
    const first = this.#stage === 'living';
    this.#stage = 'ending';
    if (first) for (const runner of this.#all()) runner.prepareToEnd();
    this.#endRunning(graceSeconds);
    if (first && !this.#isAnythingRunning()) this.#askForRelist();
  }

  /** Sidecars go last (KEP-753): they get their signal when the main containers have ended. */
  #endRunning(graceSeconds: number): void {
    const others = this.#all().filter((runner) => !runner.container.sidecar && runner.isRunning);
    const first = others.length > 0 ? others : this.#all();
    for (const runner of first) runner.end(graceSeconds);
  }

  #isAnythingRunning(): boolean {
    return this.#all().some((runner) => runner.isRunning);
  }

  #continueEnding(): void {
    if (this.#isAnythingRunning()) {
      this.publish();
      this.#endRunning(this.#pod.deletion?.graceSeconds ?? this.#pod.graceSeconds);
      return;
    }
    this.#stage = 'ended';
    for (const runner of this.#all())
      this.#observed.set(runner.container.name, endedRecord(runner.record, this.#now()));
    if (this.#objectGone) {
      this.#forget();
      return;
    }
    this.publish();
    this.#finishWhenDeleted();
  }

  /** The object is removed one relist after its last status (kubelet SyncTerminatedPod waits for its cache). */
  #finishWhenDeleted(): void {
    if (this.#pod.deletion === undefined || this.#finishAsked) return;
    this.#finishAsked = true;
    this.#options.runtime.pleg.atNextRelist(() => {
      if (!this.#closed && !this.#objectGone) this.#options.reporter.finish(this.#pod);
    });
  }

  #forget(): void {
    this.close();
    this.#options.reporter.forget(this.#pod);
  }

  #observations(runners: readonly ContainerRunner[]): readonly ContainerRecord[] {
    return runners.map((runner) => this.#observed.get(runner.container.name) ?? runner.record);
  }

  #now(): number {
    return this.#options.runtime.clock.wallTimeMs();
  }
}

function isKnown(observed: ContainerRecord | undefined, actual: ContainerRecord): boolean {
  if (actual.state.kind !== 'running') return actual.state.kind === 'waiting';
  return observed?.state.kind === 'running' && observed.state.containerId === actual.state.containerId;
}

/** No container of a pod that has ended is shown as waiting: it ended, or was never found (kubelet_pods.go). */
function endedRecord(record: ContainerRecord, nowMs: number): ContainerRecord {
  if (record.state.kind !== 'waiting') return record;
  const message = 'The container could not be located when the pod was terminated';
  const lost = {
    kind: 'terminated',
    containerId: '',
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message,
  } as const;
  return {
    ...record,
    state: record.lastEnd ?? { ...lost, startedAtMs: nowMs, finishedAtMs: nowMs },
    lastEnd: undefined,
  };
}
