/**
 * Owns one thread that runs seeds on a copy of the source. A seed that never ends, or ends the thread, is a report, too.
 * Must not judge a report.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SeedReport } from '../worker.ts';

/** On a busy machine the largest world takes a tenth of this. */
const seedMsMax = 180_000;

export type SeedVerdict = Pick<SeedReport, 'seed' | 'violations'>;

export class SeedThread {
  readonly #worker: Worker;
  #onEnded: ((sentence: string) => void) | undefined;
  /** Why it runs nothing any more. */
  #end: string | undefined;

  constructor(copy: string) {
    this.#worker = new Worker(path.join(copy, 'sim/worker.ts'));
    this.#worker.on('error', (error: unknown) => this.#ended(describe(error)));
    this.#worker.on('exit', (code) => this.#ended(`the thread ended with ${code}`));
  }

  /** One at a time. */
  run(seed: number): Promise<SeedVerdict> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#ended(`it had not ended after ${seedMsMax / 1_000} s`), seedMsMax);
      const finish = ({ violations }: Pick<SeedVerdict, 'violations'>) => {
        clearTimeout(timer);
        this.#worker.off('message', finish);
        resolve({ seed, violations });
      };
      this.#worker.on('message', finish);
      this.#onEnded = (sentence) =>
        finish({ violations: [{ guarantee: 'no bugs', singleton: '-', sentence }] });
      if (this.#end === undefined) this.#worker.postMessage(seed);
      else this.#onEnded(this.#end);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #ended(sentence: string): void {
    this.#end ??= sentence;
    this.#onEnded?.(this.#end);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
