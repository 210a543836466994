/**
 * Owns what one attempt of a client to use the Service came to, and what a row of attempts says of an outage.
 * Must not open a connection: connection-attempt.ts does.
 */

/** One new TCP connection. Times are machine time in ms (machine-time.ts). */
export interface Attempt {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: Outcome;
}

export type Outcome =
  /** `line`: what the server wrote, up to its first newline. */
  | { readonly kind: 'answered'; readonly line: string }
  /** `code`: the system's (ECONNREFUSED, ECONNRESET ...), TIMEOUT, or CLOSED for an end without a line. */
  | { readonly kind: 'failed'; readonly code: string };

export type AnsweredAttempt = Attempt & { readonly outcome: { readonly kind: 'answered' } };

export function isAnswered(attempt: Attempt): attempt is AnsweredAttempt {
  return attempt.outcome.kind === 'answered';
}

/**
 * The longest time, in ms, that a client had to wait for the next answer: between two answers that follow each other,
 * both within [fromMs, untilMs]. Its floor is the interval at which the client asks. Undefined below two answers.
 */
export function longestGapMs(
  attempts: readonly Attempt[],
  fromMs: number,
  untilMs: number,
): number | undefined {
  const moments = attempts
    .filter(isAnswered)
    .map((attempt) => attempt.endedAtMs)
    .filter((moment) => moment >= fromMs && moment <= untilMs)
    .sort((left, right) => left - right);
  let longest: number | undefined;
  for (const [index, moment] of moments.entries()) {
    const before = moments[index - 1];
    if (before !== undefined) longest = Math.max(longest ?? 0, moment - before);
  }
  return longest;
}

/** How many attempts that ended within [fromMs, untilMs] got no answer. */
export function failedCount(attempts: readonly Attempt[], fromMs: number, untilMs: number): number {
  const within = (attempt: Attempt) => attempt.endedAtMs >= fromMs && attempt.endedAtMs <= untilMs;
  return attempts.filter((attempt) => !isAnswered(attempt) && within(attempt)).length;
}
