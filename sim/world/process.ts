/**
 * Owns one process of the world as its surroundings see it: it runs, is stopped for a while, or is gone; and its clock,
 * which may run fast or slow. Whatever reaches it goes through `enter`.
 * Must not know what the process does.
 */
import { after, type Clock, type MonotonicMs } from '../../src/time/clock.ts';

export interface ProcessOptions {
  readonly clock: Clock;
  /** 0.01: its clock gains 1 % on the world's. */
  readonly drift?: number;
}

export class SimulatedProcess {
  readonly clock: Clock;
  #state: 'running' | 'stopped' | 'gone' = 'running';
  readonly #held: (() => void)[] = [];

  constructor({ clock, drift = 0 }: ProcessOptions) {
    const startedAt = clock.now();
    const rate = 1 + drift;
    this.clock = {
      now: (): MonotonicMs => after(startedAt, (clock.now() - startedAt) * rate),
      wallTimeMs: () => clock.wallTimeMs() + (clock.now() - startedAt) * drift,
      schedule: (delayMs, run) => {
        let isCancelled = false;
        const timer = clock.schedule(delayMs / rate, () =>
          this.enter(() => {
            if (!isCancelled) run();
          }),
        );
        return {
          cancel: () => {
            isCancelled = true;
            timer.cancel();
          },
        };
      },
    };
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  /** At once where it runs; where it is stopped, once it goes on; where it is gone, never. */
  enter(run: () => void): void {
    if (this.#state === 'running') run();
    else if (this.#state === 'stopped') this.#held.push(run);
  }

  /** As SIGSTOP: what comes for it waits in the kernel. */
  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped';
  }

  /** As SIGCONT. */
  goOn(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    for (const run of this.#held.splice(0)) this.enter(run);
  }

  /** As SIGKILL. */
  kill(): void {
    this.#state = 'gone';
    this.#held.length = 0;
  }
}
