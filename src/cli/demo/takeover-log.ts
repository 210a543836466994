/**
 * Owns noticing, from a client's answers alone, that another pod answers than before.
 * Must not know why: whoever stays at the terminal has just done it.
 */
import { type AnsweredAttempt, type Attempt, isAnswered } from '../steady-client/attempt.ts';

export interface Takeover {
  readonly from: string;
  readonly to: string;
  /** From the last answer of the one to the first of the other, in ms. */
  readonly gapMs: number;
}

/** The sample server starts its line with the name of its pod. */
function podOf(answer: AnsweredAttempt): string {
  return answer.outcome.line.split(' ', 1)[0] ?? '';
}

export class TakeoverLog {
  #last: AnsweredAttempt | undefined;

  /** Takes in further attempts, in the order in which they ended; gives the takeovers among them. */
  add(attempts: readonly Attempt[]): readonly Takeover[] {
    const takeovers: Takeover[] = [];
    for (const attempt of attempts.filter(isAnswered)) {
      const before = this.#last;
      this.#last = attempt;
      if (before === undefined || podOf(before) === podOf(attempt)) continue;
      takeovers.push({
        from: podOf(before),
        to: podOf(attempt),
        gapMs: attempt.endedAtMs - before.endedAtMs,
      });
    }
    return takeovers;
  }
}
