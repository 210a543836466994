/**
 * Owns the check of G6: while the active lives, no client notices what becomes of the controllers.
 * Must not be content with silence: where nobody asked, nothing is shown.
 */
import { type Attempt, isAnswered } from '../../../src/cli/steady-client/attempt.ts';
import { podOf } from './turns.ts';

export interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Name of the pod that has to answer all of it. */
  readonly pod: string;
}

/** One sentence for each kind of violation. Attempts count that began within the window. */
export function interruptionProblems(
  attempts: readonly Attempt[],
  { fromMs, untilMs, pod }: Window,
): readonly string[] {
  const within = attempts.filter(({ startedAtMs }) => startedAtMs >= fromMs && startedAtMs <= untilMs);
  if (within.length === 0) return ['no client asked'];
  const failed = errorCounts(within);
  const others = new Set(
    within
      .filter(isAnswered)
      .map(({ outcome }) => podOf(outcome.line))
      .filter((name) => name !== pod),
  );
  return [
    ...[...failed].map(([code, count]) => `${count} of ${within.length} attempts failed with ${code}`),
    ...unansweredAttempts(within, { fromMs, untilMs: Number.POSITIVE_INFINITY }),
    ...[...others].map((name) => `${name} answered, not ${pod}`),
  ];
}

/** One line each, with its times since the beginning of the window. Attempts count that ended within it. */
export function unansweredAttempts(
  attempts: readonly Attempt[],
  { fromMs, untilMs }: Omit<Window, 'pod'>,
): readonly string[] {
  const since = (moment: number) => Math.round(moment - fromMs);
  return attempts
    .filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs <= untilMs)
    .flatMap(({ startedAtMs, endedAtMs, outcome }) =>
      outcome.kind === 'failed'
        ? [`${outcome.code} from ${since(startedAtMs)} to ${since(endedAtMs)} ms`]
        : [],
    );
}

/** How many attempts failed with which code. */
export function errorCounts(attempts: readonly Attempt[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { outcome } of attempts) {
    if (outcome.kind === 'failed') counts.set(outcome.code, (counts.get(outcome.code) ?? 0) + 1);
  }
  return counts;
}
