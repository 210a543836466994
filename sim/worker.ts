/**
 * Owns the running of seeds in a thread of its own: a seed comes in, what came of it goes out.
 */
import { parentPort } from 'node:worker_threads';
import type { Violation } from './checkers/all-checkers.ts';
import type { Measures } from './checkers/measures.ts';
import { runSeed } from './run.ts';
import type { FaultKind } from './swarm/fault-kinds.ts';

export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly struck: readonly FaultKind[];
  readonly codes: readonly string[];
  readonly simulatedMs: number;
  readonly measures: Measures;
}

parentPort?.on('message', (seed: number) => {
  void report(seed).then((result) => parentPort?.postMessage(result));
});

async function report(seed: number): Promise<SeedReport> {
  try {
    const { violations, struck, codes, simulatedMs, measures } = await runSeed(seed);
    return { seed, violations, struck, codes, simulatedMs, measures };
  } catch (error) {
    const sentence = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const violations = [{ guarantee: 'no bugs', singleton: '-', sentence }];
    const measures = { failovers: [], needlessMoves: 0, believersMs: { Prompt: 0, Strict: 0 } };
    return { seed, violations, struck: [], codes: [], simulatedMs: 0, measures };
  }
}
