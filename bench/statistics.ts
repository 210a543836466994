/**
 * Owns the few figures that sum up a row of measurements.
 * Must not guess: every figure it gives was measured in one of the runs.
 */

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Undefined for no samples. Percentiles by nearest rank: the smallest sample that p percent do not exceed. */
export function summarize(samples: readonly number[]): Summary | undefined {
  const sorted = samples.toSorted((left, right) => left - right);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const percentile = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? max;
  return { count: sorted.length, min, p50: percentile(50), p99: percentile(99), max };
}
