/**
 * Owns the one change that a demonstration makes to the ancestor's manifests: pods that are Ready sooner.
 * Must not touch anything else in them, and whoever uses it says so.
 */

/** When a readiness probe looks first, and then how often. */
export interface ReadinessTiming {
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
}

export interface Overlay {
  /** The manifest with the change; every other character, and every line's number, stays. */
  readonly text: string;
  /** What was there before, field by field; only what the overlay has changed. */
  readonly before: Partial<ReadinessTiming>;
}

/** A line of its own in block style, as in the ancestor's manifests. */
const timingLine = /^(\s*(initialDelaySeconds|periodSeconds):\s*)(\d+)/gm;

/** Brings both times of every probe down to those of `timing`, where they are above. */
export function shortenReadiness(manifest: string, timing: ReadinessTiming): Overlay {
  const before: { -readonly [Field in keyof ReadinessTiming]?: number } = {};
  const text = manifest.replace(timingLine, (line: string, start: string, field: string, value: string) => {
    if (field !== 'initialDelaySeconds' && field !== 'periodSeconds') return line;
    if (Number(value) <= timing[field]) return line;
    before[field] = Math.max(before[field] ?? 0, Number(value));
    return `${start}${timing[field]}`;
  });
  return { text, before };
}
