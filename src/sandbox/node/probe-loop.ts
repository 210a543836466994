/**
 * Owns one probe of one container life: when it runs, and when enough results in a row make a verdict.
 * Must not act on the verdict. (kubelet: pkg/kubelet/prober/worker.go)
 */
import { after, type Clock, type MonotonicMs, type Timer } from '../../time/clock.ts';
import type { Probe } from './decode-pod.ts';

/** Results in a row; the verdict changes at a threshold. Pure. */
export interface ProbeCount {
  readonly verdict: boolean | undefined;
  readonly last: boolean | undefined;
  readonly inARow: number;
}

export function countResult(count: ProbeCount, result: boolean, probe: Probe): ProbeCount {
  const inARow = count.last === result ? count.inARow + 1 : 1;
  const threshold = result ? probe.successThreshold : probe.failureThreshold;
  return { verdict: inARow >= threshold ? result : count.verdict, last: result, inARow };
}

export interface ProbeLoopOptions {
  readonly probe: Probe;
  readonly clock: Clock;
  /** When the container started: the initial delay counts from there. */
  readonly startedAt: MonotonicMs;
  /** What holds before any result: readiness false, liveness true, startup nothing. */
  readonly initially: boolean | undefined;
  /** Resolves to undefined on success, else to what went wrong. */
  readonly attempt: () => Promise<string | undefined>;
  readonly onVerdict: (verdict: boolean, problem: string | undefined) => void;
  readonly onFailure: (problem: string) => void;
}

export class ProbeLoop {
  readonly #options: ProbeLoopOptions;
  #count: ProbeCount;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    this.#count = { verdict: options.initially, last: undefined, inARow: 0 };
    const { clock, startedAt, probe } = options;
    const firstAt = after(startedAt, probe.initialDelayMs);
    this.#timer = clock.schedule(Math.max(0, firstAt - clock.now()), () => this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** One attempt each period, counted from the start of the attempt as a ticker does. */
  #run(): void {
    const { clock, probe, attempt } = this.#options;
    const nextAt = after(clock.now(), probe.periodMs);
    void attempt().then((problem) => {
      if (this.#stopped) return;
      this.#timer = clock.schedule(Math.max(0, nextAt - clock.now()), () => this.#run());
      this.#take(problem);
    });
  }

  #take(problem: string | undefined): void {
    const before = this.#count;
    this.#count = countResult(before, problem === undefined, this.#options.probe);
    if (problem !== undefined) this.#options.onFailure(problem);
    const { verdict } = this.#count;
    if (verdict !== undefined && verdict !== before.verdict) this.#options.onVerdict(verdict, problem);
  }
}
