/**
 * Owns how a problem in a manifest is told: file, line, what was expected.
 */

export interface ManifestProblem {
  readonly file: string;
  /** From 1; undefined when the file as a whole is the problem. */
  readonly line: number | undefined;
  /** What is wrong, and what was expected. */
  readonly message: string;
}

function problemText({ file, line, message }: ManifestProblem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** Lists every problem of every file. Nothing was applied. */
export class ManifestError extends Error {
  readonly code = 'MANIFEST_INVALID';
  readonly retry = 'never';
  readonly problems: readonly ManifestProblem[];

  constructor(problems: readonly ManifestProblem[], options?: ErrorOptions) {
    super(problems.map(problemText).join('\n'), options);
    this.name = 'ManifestError';
    this.problems = problems;
  }
}
