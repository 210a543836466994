/**
 * Owns the time that several processes of this machine can compare.
 * Must not be used for anything but measuring: decisions run on the Clock port.
 */

/**
 * Milliseconds with fractions, the same clock in every process: hrtime is CLOCK_MONOTONIC (clock_gettime(2)),
 * while performance.now() starts at zero with each process.
 */
export function machineNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The machine time of a moment that another process has noted as wall-clock time (ms since 1970). */
export function machineTimeOfWallMs(wallMs: number): number {
  return wallMs - performance.timeOrigin + startedAtMs;
}

/**
 * The machine time at which performance.now() was zero: measured once, so that equal moments stay equal and order is kept.
 * Whatever runs between the two looks at the clock makes a sample too small; the largest is the best one.
 */
const startedAtMs = Math.max(...Array.from({ length: 5 }, () => machineNowMs() - performance.now()));
