/**
 * Owns the test bed's bounds, each with its reason.
 */

export const limits = {
  /** A cold build of Kubernetes takes 6 min on 2 cores; a machine of a quarter of that is still waited for. */
  buildMs: 40 * 60_000,
  /** The two Go modules with everything they compile to. du -sh says 3.7 GB of build cache, 0.6 GB of binaries, 1.2 GB of sources. */
  buildBytesFree: 7e9,
  /** Images, unpacked on two nodes, and what pods write. An estimate, not measured. */
  stateBytesFree: 3e9,
  /** A start takes about 10 s; each of its steps is given up after this. */
  stepMs: 90_000,
  /** How often a step's condition is looked at. */
  pollMs: 50,
  /** How long the kernel may take to end everything in a namespace. */
  switchOffMs: 20_000,
  /** The last lines of a log that are shown with an error. */
  logTailLines: 15,
} as const;
