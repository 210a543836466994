/**
 * Owns what a mutation is: one mistake that a developer could make, written as one replacement in one file.
 * Must not touch a file: source-copy.ts does, and only in a copy.
 */
export interface Mutation {
  /** What is wrong then, as a sentence. */
  readonly name: string;
  /** Below the root. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

/** The list no longer fits the source: it has to be mended, or it proves nothing. */
export class StaleMutationError extends Error {
  readonly code = 'STALE_MUTATION';
  readonly retry = 'never';

  constructor({ name, file }: Mutation, what: string) {
    super(`"${name}" does not fit ${file} any more: ${what}`);
    this.name = 'StaleMutationError';
  }
}

/** The text with the mistake in it. */
export function mutated(text: string, mutation: Mutation): string {
  const { from, to } = mutation;
  const count = text.split(from).length - 1;
  if (count !== 1)
    throw new StaleMutationError(mutation, `what it replaces stands there ${count} times, not once`);
  return text.replace(from, () => to);
}
