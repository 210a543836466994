/**
 * Owns the one change that a demonstration makes to the ancestor's manifests: pods that are Ready sooner.
 * Must not touch anything else in them, and whoever uses it says so.
 */

export interface Overlay {
  /** The manifest with the change; every other character, and every line's number, stays. */
  readonly text: string;
  /** The delays, in seconds, that were there before; empty where there was none to change. */
  readonly delaysBefore: readonly number[];
}

/** A line of its own in block style, as in the ancestor's manifests. */
const delayLine = /^(\s*initialDelaySeconds:\s*)(\d+)/gm;

/** Sets every `initialDelaySeconds` above `delaySeconds` to it. */
export function shortenReadiness(manifest: string, delaySeconds: number): Overlay {
  const delaysBefore: number[] = [];
  const text = manifest.replace(delayLine, (line: string, field: string, before: string) => {
    if (Number(before) <= delaySeconds) return line;
    delaysBefore.push(Number(before));
    return `${field}${delaySeconds}`;
  });
  return { text, delaysBefore };
}
