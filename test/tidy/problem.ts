/*
 * Owns what a house rule says of a file: where, and what is expected instead.
 */

/** A text file of the project; `path` is relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One line for a person: `path:line: sentence`. */
export type Problem = string;

export function at(path: string, line: number, sentence: string): Problem {
  return `${path}:${line}: ${sentence}`;
}

/** The 1-based line of a position in a text. */
export function lineOf(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** One problem for each match of the pattern, which must be global. */
export function problemsAt(
  file: SourceFile,
  pattern: RegExp,
  sentence: (match: string) => string,
): Problem[] {
  return [...file.text.matchAll(pattern)].map((match) =>
    at(file.path, lineOf(file.text, match.index), sentence(match[0].trim())),
  );
}
