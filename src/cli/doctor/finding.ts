/**
 * Owns one finding of the doctor: what was looked at, what it costs a takeover, and how to mend it.
 * Must not look at anything itself: the files named …-check.ts do.
 */

/** `costs`: it works, slower or less surely than it could. `hidden`: it cannot be read from here. */
export type Verdict = 'ok' | 'costs' | 'broken' | 'hidden';

export interface Finding {
  readonly verdict: Verdict;
  /** What was looked at, in a word or two, or the singleton's name. */
  readonly subject: string;
  readonly sentence: string;
  /** With `costs`: by how much later an answer may come, at most; undefined where it is not a matter of milliseconds. */
  readonly costMs?: number | undefined;
  /** One line; undefined where there is nothing to mend. */
  readonly mend?: string | undefined;
}

export function ok(subject: string, sentence: string): Finding {
  return { verdict: 'ok', subject, sentence };
}

export function costs(subject: string, costMs: number | undefined, sentence: string, mend: string): Finding {
  return { verdict: 'costs', subject, sentence, costMs, mend };
}

export function broken(subject: string, sentence: string, mend: string): Finding {
  return { verdict: 'broken', subject, sentence, mend };
}

export function hidden(subject: string, because: string): Finding {
  return { verdict: 'hidden', subject, sentence: `not visible: ${because}` };
}
