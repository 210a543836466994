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
  return machineNowMs() - (performance.timeOrigin + performance.now() - wallMs);
}
