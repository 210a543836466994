/**
 * Owns how images are named in the test bed, and what the processor is called in them.
 * Must not say which images there are.
 */

/** As containerd keeps them: `busybox` is docker.io/library/busybox:latest. */
export function inFull(...names: readonly string[]): readonly string[] {
  return names.map((name) => `docker.io/library/${name}`);
}

/** Go's name of it. */
export function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
