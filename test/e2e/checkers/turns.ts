/**
 * Owns the check of G2 from what clients saw: who answered in turn, and that nobody had a turn which no epoch gave it.
 * Must not look at the API's objects but for the epochs.
 */
import { type Attempt, isAnswered } from '../../../src/cli/steady-client/attempt.ts';
import type { RecordVersion } from '../recorder/history.ts';

/** Where two pods answer by turns, they do so hundreds of times. */
const turnsShownMax = 20;

/** A time in which one pod answered. */
export interface Turn {
  readonly pod: string;
  /** End of its first answer. */
  readonly fromMs: number;
}

/**
 * A turn begins with an attempt that started after an answer of somebody else had been read: only then did a client
 * reach one after it had reached the other. Attempts that overlap say nothing about order.
 */
export function turnsOf(attempts: readonly Attempt[]): readonly Turn[] {
  const turns: Turn[] = [];
  const answers = attempts.filter(isAnswered).toSorted((left, right) => left.endedAtMs - right.endedAtMs);
  for (const { startedAtMs, endedAtMs, outcome } of answers) {
    const pod = podOf(outcome.line);
    const current = turns.at(-1);
    if (current?.pod === pod || (current !== undefined && startedAtMs <= current.fromMs)) continue;
    turns.push({ pod, fromMs: endedAtMs });
  }
  return turns;
}

/** The sample application, and that of these tests, begin their line with the name of their pod. */
export function podOf(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}

/** One sentence for each pod that had more turns than epochs. `records`: of this one singleton. */
export function turnProblems(
  attempts: readonly Attempt[],
  records: readonly RecordVersion[],
): readonly string[] {
  const turns = turnsOf(attempts);
  const byPod = Map.groupBy(turns, ({ pod }) => pod);
  return [...byPod].flatMap(([pod, own]) => {
    const epochs = new Set(records.filter(({ holder }) => holder?.name === pod).map(({ epoch }) => epoch));
    if (own.length <= Math.max(epochs.size, 0)) return [];
    const shown = turns.slice(0, turnsShownMax).map((turn) => turn.pod);
    const order = [...shown, ...(turns.length > turnsShownMax ? ['…'] : [])].join(', ');
    return [`${pod} answered in ${own.length} turns and was holder in ${epochs.size} epochs: ${order}`];
  });
}
