/**
 * Owns what a step says and orders: suspicion, problems, and the commands that lead from one state to the next.
 * Must not decide what state that is.
 */
import type {
  SuspicionBecause,
  TripwireCommand,
  TripwireInput,
  TripwireMachine,
} from './tripwire-machine.ts';
import type { TripwireProblem } from './tripwire-problem.ts';

/** Said once, and not at all of an incarnation that has been refused: only its accepting again is news. */
export function suspect(machine: TripwireMachine, because: SuspicionBecause): TripwireMachine {
  if (machine.said?.kind === 'suspicion' || machine.said?.kind === 'refused') return machine;
  return { ...machine, said: { kind: 'suspicion', because } };
}

export function withProblem(machine: TripwireMachine, problem: TripwireProblem): TripwireMachine {
  if (machine.problems.some(({ kind }) => kind === problem.kind)) return machine;
  return { ...machine, problems: [...machine.problems, problem] };
}

export function withoutProblems(
  machine: TripwireMachine,
  mended: readonly TripwireProblem['kind'][],
): TripwireMachine {
  const problems = machine.problems.filter(({ kind }) => !mended.includes(kind));
  return problems.length === machine.problems.length ? machine : { ...machine, problems };
}

/** The socket first: whoever hears of evidence may aim the tripwire at another target before the rest is done. */
export function commandsBetween(
  before: TripwireMachine,
  after: TripwireMachine,
  input: TripwireInput,
  fresh: readonly TripwireProblem[],
): readonly TripwireCommand[] {
  const commands: TripwireCommand[] = [];
  if (leavesSocket(before, after, input)) commands.push({ kind: 'close' });
  if (after.phase.kind === 'dialing' && after.dials !== before.dials) commands.push({ kind: 'dial' });
  if (isRead(before) && !isRead(after) && after.phase.kind === 'connected') {
    commands.push({ kind: 'stopReading' });
  }
  if (isDoubted(after) && !isDoubted(before)) commands.push({ kind: 'doubted' });
  if (before.loss !== undefined && after.phase.kind === 'connected') commands.push({ kind: 'cleared' });
  if (after.aim !== undefined && after.said !== undefined && after.said !== before.said) {
    const { incarnation } = after.aim.target;
    commands.push({ kind: 'evidence', incarnation, evidence: after.said });
  }
  if (after.problems !== before.problems) commands.push({ kind: 'problems', fresh });
  return commands;
}

/** There was a socket, its own news is not that it is gone, and the next state is not about it. */
function leavesSocket(before: TripwireMachine, after: TripwireMachine, input: TripwireInput): boolean {
  if (input.kind === 'failed' || input.kind === 'ended' || !hasSocket(before)) return false;
  return after.dials !== before.dials || !hasSocket(after);
}

/** One that only waits for its turn to reconnect, as early closing servers make it, is in no doubt yet. */
function isDoubted({ loss, phase }: TripwireMachine): boolean {
  return loss !== undefined && (loss.refusals > 0 || phase.kind === 'dialing');
}

function hasSocket({ phase }: TripwireMachine): boolean {
  return phase.kind === 'dialing' || phase.kind === 'connected';
}

function isRead({ phase }: TripwireMachine): boolean {
  return phase.kind === 'connected' && phase.heard !== undefined;
}
