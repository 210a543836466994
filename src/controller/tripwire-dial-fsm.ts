/**
 * Owns what the outcome of a dial means, above all what is a refusal after a loss: the tripwire's only evidence that
 * nobody serves there.
 * Must not know of connections that stand: tripwire-life-fsm.ts does.
 */
import { after } from '../time/clock.ts';
import type { DialFailure } from './dialer.ts';
import { onReset } from './tripwire-life-fsm.ts';
import type {
  Dialing,
  Loss,
  SuspicionBecause,
  TripwireContext,
  TripwireMachine,
} from './tripwire-machine.ts';
import { dialAt, retry } from './tripwire-pace-fsm.ts';
import type { TripwireProblem } from './tripwire-problem.ts';
import { suspect, withProblem } from './tripwire-saying-fsm.ts';

export function onFailed(
  machine: TripwireMachine,
  phase: Dialing,
  failure: DialFailure,
  context: TripwireContext,
): TripwireMachine {
  switch (failure.kind) {
    case 'refused':
      return machine.loss === undefined
        ? onRefusedUnlost(machine, context)
        : onRefusedAfterLoss(machine, phase, machine.loss, context);
    case 'reset':
      return onReset(machine, context);
    case 'unreachable':
      return onUnanswered(machine, 'unreachable', { kind: 'Unreachable', code: failure.code }, context);
    case 'local':
      return onNoSocket(machine, failure.code, context);
  }
}

/**
 * The peer has refused for as long as lies between our hearing of its first refusal and our asking for the last one:
 * the one happened before, the other after.
 */
function onRefusedAfterLoss(
  machine: TripwireMachine,
  { since }: Dialing,
  loss: Loss,
  context: TripwireContext,
): TripwireMachine {
  const { refusalsNeeded, refusalSpanMs } = context.limits;
  const firstRefusedAt = loss.firstRefusedAt ?? context.now;
  const refusals = loss.refusals + 1;
  if (refusals >= refusalsNeeded && after(firstRefusedAt, refusalSpanMs) <= since) {
    const over: TripwireMachine = { ...machine, loss: undefined, held: false, failures: 1 };
    return retry({ ...over, said: { kind: 'refused', lostAt: loss.at } }, context);
  }
  const share = Math.min(1, refusals / (refusalsNeeded - 1));
  const refused: TripwireMachine = { ...machine, loss: { ...loss, refusals, firstRefusedAt } };
  return dialAt(refused, after(firstRefusedAt, share * refusalSpanMs), context.now);
}

/** Nobody has listened yet; or it was held, and what went before was no loss. */
function onRefusedUnlost(machine: TripwireMachine, context: TripwireContext): TripwireMachine {
  const counted = { ...machine, failures: machine.failures + 1 };
  if (machine.everHeld) return retry(suspect(counted, 'refused-unlost'), context);
  const isLate = context.now - (machine.aim?.at ?? context.now) >= context.limits.neverAcceptedMs;
  return retry(isLate ? withProblem(counted, { kind: 'NobodyListens' }) : counted, context);
}

/** Puts the network in doubt, not only the application: a refusal is no evidence until a connection is held again. */
export function onUnanswered(
  machine: TripwireMachine,
  because: SuspicionBecause,
  problem: TripwireProblem,
  context: TripwireContext,
): TripwireMachine {
  const failures = machine.failures + 1;
  const counted = suspect({ ...machine, failures, loss: undefined, held: false }, because);
  // What was refused has stopped: that its address falls silent then is nobody's mistake.
  const isNews = failures >= context.limits.unansweredSaid && counted.said?.kind !== 'refused';
  return retry(isNews ? withProblem(counted, problem) : counted, context);
}

/** Says nothing of the peer, so a row of refusals goes on after it. */
function onNoSocket(machine: TripwireMachine, code: string, context: TripwireContext): TripwireMachine {
  const counted = { ...machine, failures: machine.failures + 1 };
  return retry(withProblem(counted, { kind: 'NoSocket', code }), context);
}
