/**
 * Owns the error of a command that was told something that makes no sense.
 * Must not be used for what goes wrong later: that is an operating error.
 */

export class UsageError extends Error {
  readonly code = 'USAGE';
  readonly retry = 'never';
  /** One line each. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('; '), options);
    this.name = 'UsageError';
    this.problems = problems;
  }
}
