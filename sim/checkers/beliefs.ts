/**
 * Owns the spans of time in which two processes of one singleton believed to be active.
 * Must not judge them: under Prompt they are a price, under Strict a violation.
 */
import type { Story } from './story.ts';

export interface Overlap {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Of the two pods. */
  readonly names: readonly string[];
}

export function overlaps({ applications, truth }: Story): readonly Overlap[] {
  const beliefs = applications.flatMap(({ identity, beliefs: own }) =>
    own.map(({ fromMs, untilMs }) => ({ ...identity, fromMs, untilMs: untilMs ?? truth.endedAtMs })),
  );
  return beliefs.flatMap((one, index) =>
    beliefs
      .slice(index + 1)
      .filter(({ podUid }) => podUid !== one.podUid)
      .map((other) => ({
        fromMs: Math.max(one.fromMs, other.fromMs),
        untilMs: Math.min(one.untilMs, other.untilMs),
        names: [one.podName, other.podName],
      }))
      .filter(({ fromMs, untilMs }) => untilMs > fromMs),
  );
}
