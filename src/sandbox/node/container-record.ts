/**
 * Owns the words for what a node knows of one container. Values only: pod-status.ts turns them into the API's form.
 */

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | RunningState
  | TerminatedState;

export interface RunningState {
  readonly kind: 'running';
  readonly containerId: string;
  readonly startedAtMs: number;
}

export interface TerminatedState {
  readonly kind: 'terminated';
  readonly containerId: string;
  readonly exitCode: number;
  /** Completed, Error, StartError: as the container runtime names it. */
  readonly reason: string;
  readonly message?: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
}

/** Times are wall-clock ms. */
export interface ContainerRecord {
  readonly name: string;
  readonly image: string;
  /** Empty until the image was found. */
  readonly imageId: string;
  readonly sidecar: boolean;
  readonly restartCount: number;
  readonly state: ContainerState;
  /** The end of the life before the present one. */
  readonly lastEnd: TerminatedState | undefined;
  /** What the startup probe says; true without one, while it runs. */
  readonly started: boolean;
  /** What the readiness probe says; true without one, once started. */
  readonly ready: boolean;
}

/** What the API calls `ready` of a container. */
export function isReady(record: ContainerRecord): boolean {
  return record.state.kind === 'running' && record.started && record.ready;
}
