/**
 * Owns what a bench hands back: its samples, how they were taken, and the goal that they are held against.
 * Must not judge the run: goals are information, met or not.
 */
import type { Summary } from './statistics.ts';
import { summarize } from './statistics.ts';

export interface Goal {
  readonly figure: 'p50' | 'p99' | 'max';
  readonly atMost: number;
}

export interface Measurement {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | '×';
  /** In one line: from where to where, and seen by whom. */
  readonly how: string;
  readonly samples: readonly number[];
  readonly goals: readonly Goal[];
}

/** `p50 ≤ 15 met`, `p99 ≤ 40 not met`; empty without goals. */
export function goalTexts(goals: readonly Goal[], summary: Summary): readonly string[] {
  return goals.map(
    ({ figure, atMost }) => `${figure} ≤ ${atMost} ${summary[figure] <= atMost ? 'met' : 'not met'}`,
  );
}

export interface BenchOptions {
  /** How many times what can be repeated is repeated. */
  readonly runs: number;
  /** Says what is being done, while it is. */
  readonly waiting: (what: string) => void;
}

export interface Bench {
  readonly name: string;
  readonly measures: string;
  readonly run: (options: BenchOptions) => Promise<readonly Measurement[]>;
}

/** As it goes into the results file: the samples and their summary. */
export function measurementRecord(measurement: Measurement) {
  return { ...measurement, summary: summarize(measurement.samples) };
}
