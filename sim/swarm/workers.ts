/**
 * Owns the threads that run seeds, one for each core, and hands each of them the next seed when it is free.
 * Must not judge a report.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedReport } from '../worker.ts';

const workerFile = new URL('../worker.ts', import.meta.url);

export interface SwarmOptions {
  /** The next one; undefined: enough. */
  readonly nextSeed: () => number | undefined;
  readonly onReport: (report: SeedReport) => void;
  readonly threads?: number;
}

/** Resolves once every seed that was taken has been reported. */
export async function runSwarm({ nextSeed, onReport, threads }: SwarmOptions): Promise<void> {
  const count = threads ?? availableParallelism();
  await Promise.all(Array.from({ length: count }, () => runThread(nextSeed, onReport)));
}

function runThread(
  nextSeed: () => number | undefined,
  onReport: (report: SeedReport) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(workerFile);
    const go = () => {
      const seed = nextSeed();
      if (seed !== undefined) worker.postMessage(seed);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('message', (report: SeedReport) => {
      onReport(report);
      go();
    });
    worker.on('error', reject);
    go();
  });
}
