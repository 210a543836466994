/**
 * Owns the port through which the API server reaches into running pods: what a kubelet does for exec and logs.
 * Must not know how a container runs.
 */

export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  /** Never empty: the API server has chosen the default container already. */
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** The caller's side of an exec session. */
export interface ExecStreams {
  stdout(chunk: Uint8Array): void;
  /** Never called with `tty`: there everything is stdout. */
  stderr(chunk: Uint8Array): void;
  /** Registers who gets what the user types. `onEnd`: the user closed stdin. Called at most once, only with `stdin`. */
  onStdin(onChunk: (chunk: Uint8Array) => void, onEnd: () => void): void;
  /** Registers who hears of the terminal's new size. */
  onResize(onSize: (columns: number, rows: number) => void): void;
  /** Aborted when the user went away: the process is to be ended. */
  readonly abandoned: AbortSignal;
}

export interface LogTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Stay, and write what comes, until the container ends or `abandoned` fires. */
  readonly follow: boolean;
  /** Only the last n lines; undefined: all. */
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** The container's previous life. */
  readonly previous: boolean;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  /** Each line starts with its RFC 3339 time (nanoseconds) and a space. */
  readonly timestamps: boolean;
  readonly abandoned: AbortSignal;
}

/**
 * The pod or container can't be reached or has not run. `message` is shown to the user, worded as the kubelet does:
 * `container "x" in pod "y" is waiting to start: ContainerCreating`, `previous terminated container "x" in pod "y" not found`.
 * `httpStatus`: 400 for a state of the container, 404 for a missing one, 500 for anything else.
 */
export class PodAccessError extends Error {
  readonly code = 'POD_ACCESS';
  readonly retry = 'never';
  readonly httpStatus: 400 | 404 | 500;

  constructor(httpStatus: 400 | 404 | 500, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PodAccessError';
    this.httpStatus = httpStatus;
  }
}

/** Implemented by the kubelets; both reject with PodAccessError and nothing else. */
export interface PodAccess {
  /** Resolves to the exit code: 127 for a command that does not exist, 128+n for a signal. */
  exec(target: ExecTarget, streams: ExecStreams): Promise<number>;
  /** Resolves when everything asked for was written. */
  logs(target: LogTarget, write: (chunk: Uint8Array) => void): Promise<void>;
}

/** For a cluster without kubelets: every container is unreachable, and says so. */
export const noPodAccess: PodAccess = {
  exec: (target) =>
    Promise.reject(new PodAccessError(500, `no kubelet runs container ${JSON.stringify(target.container)}`)),
  logs: (target) =>
    Promise.reject(new PodAccessError(500, `no kubelet runs container ${JSON.stringify(target.container)}`)),
};
