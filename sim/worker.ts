/**
 * Owns the running of seeds in a thread of its own: a seed comes in, what came of it goes out.
 */
import { parentPort } from 'node:worker_threads';
import type { Violation } from './checkers/all-checkers.ts';
import { runSeed } from './run.ts';
import type { FaultKind } from './swarm/fault-kinds.ts';

export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly struck: readonly FaultKind[];
  readonly codes: readonly string[];
  readonly simulatedMs: number;
}

parentPort?.on('message', (seed: number) => {
  void report(seed).then((result) => parentPort?.postMessage(result));
});

async function report(seed: number): Promise<SeedReport> {
  try {
    const { violations, struck, codes, simulatedMs } = await runSeed(seed);
    return { seed, violations, struck, codes, simulatedMs };
  } catch (error) {
    const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const violations = [{ guarantee: 'no bugs', singleton: '-', sentence }];
    return { seed, violations, struck: [], codes: [], simulatedMs: 0 };
  }
}
