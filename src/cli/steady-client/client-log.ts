/**
 * Owns what a steady client has seen lately, in the order in which attempts ended.
 * Must not grow without bound: the oldest attempts are forgotten.
 */
import { type AnsweredAttempt, type Attempt, failedCount, isAnswered, longestGapMs } from './attempt.ts';

/** At one attempt every 2 ms: two minutes, longer than any scene of the demo waits. */
const attemptsKept = 60_000;

export class ClientLog {
  #attempts: Attempt[] = [];
  readonly #attemptsMax: number;
  readonly #listeners = new Set<(added: readonly Attempt[]) => void>();

  constructor(attemptsMax = attemptsKept) {
    this.#attemptsMax = attemptsMax;
  }

  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  add(attempts: readonly Attempt[]): void {
    this.#attempts.push(...attempts);
    // Dropped in halves, so that forgetting costs nothing per attempt.
    if (this.#attempts.length > this.#attemptsMax)
      this.#attempts = this.#attempts.slice(-this.#attemptsMax / 2);
    for (const listener of this.#listeners) listener(attempts);
  }

  /** Calls `listener` with what was added, after each addition, until the returned function is called. */
  subscribe(listener: (added: readonly Attempt[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The first answer that a client got after `sinceMs`, of those whose line `matches`. */
  firstAnswer(sinceMs: number, matches: (line: string) => boolean): AnsweredAttempt | undefined {
    // They are in the order of their ends: looked for from the newest back, since a long past is the rule.
    const before = this.#attempts.findLastIndex((attempt) => attempt.endedAtMs <= sinceMs);
    for (let index = before + 1; index < this.#attempts.length; index++) {
      const attempt = this.#attempts[index];
      if (attempt !== undefined && isAnswered(attempt) && matches(attempt.outcome.line)) return attempt;
    }
    return undefined;
  }

  lastAnswer(): AnsweredAttempt | undefined {
    return this.#attempts.findLast(isAnswered);
  }

  longestGapMs(fromMs: number, untilMs: number): number | undefined {
    return longestGapMs(this.#attempts, fromMs, untilMs);
  }

  failedCount(fromMs: number, untilMs: number): number {
    return failedCount(this.#attempts, fromMs, untilMs);
  }
}
