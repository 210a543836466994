/**
 * Owns how a duration is shown: in ms, as precise as it is worth reading.
 * Must not round what is compared or written to a file, only what is printed.
 */

/** `0.3`, `7.4`, `312`; a dash where there is no figure. */
export function milliseconds(durationMs: number | undefined): string {
  if (durationMs === undefined) return '–';
  return Math.abs(durationMs) < 99.95 ? durationMs.toFixed(1) : String(Math.round(durationMs));
}
