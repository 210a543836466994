/**
 * Owns what a connection teaches by its life: that it lasts, what it sends, at which age its peer ends it.
 * Must not know of dials and their outcomes: tripwire-dial-fsm.ts does.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import type { ConnectionEnd } from './dialer.ts';
import type { TripwireLimits } from './tripwire-limits.ts';
import type { Connected, TripwireContext, TripwireEvidence, TripwireMachine } from './tripwire-machine.ts';
import { dialAt, reconnectDelayMs } from './tripwire-pace-fsm.ts';
import { suspect, withoutProblems, withProblem } from './tripwire-saying-fsm.ts';

export function onAccepted(machine: TripwireMachine, { now, limits }: TripwireContext): TripwireMachine {
  return { ...machine, phase: connectedAt(now, limits), loss: undefined };
}

/** Accepted, and ended by the peer before it could be seen to stand. */
export function onReset(machine: TripwireMachine, context: TripwireContext): TripwireMachine {
  return onEnded(onAccepted(machine, context), connectedAt(context.now, context.limits), 'rst', context);
}

function connectedAt(now: MonotonicMs, limits: TripwireLimits): Connected {
  const settlesAt = after(now, limits.settleMs);
  return { kind: 'connected', since: now, settlesAt, settled: false, heard: { bytes: 0, since: now } };
}

/** When something is to be done about a connection that stands. */
export function nextLookAt(
  machine: TripwireMachine,
  phase: Connected,
  limits: TripwireLimits,
): MonotonicMs | undefined {
  if (!phase.settled) return phase.settlesAt;
  return machine.shortLives > 0 ? after(phase.since, limits.shortLifeMs) : renewalAt(machine, phase);
}

/** One that is not read any more is not renewed either: the next would only be filled again. */
function renewalAt({ renewAfterMs }: TripwireMachine, phase: Connected): MonotonicMs | undefined {
  return phase.heard === undefined || renewAfterMs === undefined
    ? undefined
    : after(phase.since, renewAfterMs);
}

/** The connection stands, and has come of an age that says something. */
export function onAge(machine: TripwireMachine, phase: Connected, context: TripwireContext): TripwireMachine {
  const { now, limits } = context;
  if (!phase.settled) return onSettling(machine, phase, context);
  if (machine.shortLives > 0) {
    return after(phase.since, limits.shortLifeMs) <= now ? forgetShortLives(machine) : machine;
  }
  const renewAt = renewalAt(machine, phase);
  // Our own close: a refusal after it is not one after a loss.
  return renewAt !== undefined && renewAt <= now ? dialAt(machine, now, now) : machine;
}

function onSettling(
  machine: TripwireMachine,
  phase: Connected,
  { now, limits }: TripwireContext,
): TripwireMachine {
  if (now < phase.settlesAt) return machine;
  if (now <= after(phase.settlesAt, limits.settleLateMs)) return settle(machine, phase);
  return { ...machine, phase: { ...phase, settlesAt: after(now, limits.settleLateMs) } };
}

const accepting: TripwireEvidence = { kind: 'accepting' };

const overOnceSettled = ['NobodyListens', 'Silent', 'Unreachable', 'AnsweredFor', 'NoSocket'] as const;

function settle(machine: TripwireMachine, phase: Connected): TripwireMachine {
  const settled: TripwireMachine = {
    ...machine,
    phase: { ...phase, settled: true },
    held: true,
    everHeld: true,
  };
  return withoutProblems({ ...settled, unsettledLives: 0, failures: 0, said: accepting }, overOnceSettled);
}

function forgetShortLives(machine: TripwireMachine): TripwireMachine {
  return withoutProblems({ ...machine, shortLives: 0 }, ['ClosesEarly']);
}

export function onBytes(
  machine: TripwireMachine,
  phase: Connected,
  count: number,
  { now, limits }: TripwireContext,
): TripwireMachine {
  if (phase.heard === undefined) return machine;
  const isSameWindow = now - phase.heard.since < limits.readWindowMs;
  const bytes = (isSameWindow ? phase.heard.bytes : 0) + count;
  if (bytes > limits.readBytesMax) {
    return withProblem({ ...machine, phase: { ...phase, heard: undefined } }, { kind: 'Talks' });
  }
  const heard = { bytes, since: isSameWindow ? phase.heard.since : now };
  return { ...machine, phase: { ...phase, heard } };
}

export function onEnded(
  machine: TripwireMachine,
  phase: Connected,
  by: ConnectionEnd,
  context: TripwireContext,
): TripwireMachine {
  const { now } = context;
  if (by === 'silence') return dialAt(suspect({ ...machine, held: false }, 'silent'), now, now);
  const counted = countLife(machine, phase, context);
  const loss = counted.held ? { at: now, refusals: 0, firstRefusedAt: undefined } : undefined;
  return dialAt({ ...counted, loss }, after(now, reconnectDelayMs(counted, context)), now);
}

/** Takes in what the age of a connection says that the peer has just ended. */
function countLife(
  machine: TripwireMachine,
  phase: Connected,
  { now, limits }: TripwireContext,
): TripwireMachine {
  const ageMs = now - phase.since;
  if (ageMs >= limits.shortLifeMs) return forgetShortLives(learnIdleTime(machine, ageMs, limits));
  const unsettledLives = phase.settled ? 0 : machine.unsettledLives + 1;
  const counted: TripwireMachine = { ...machine, shortLives: machine.shortLives + 1, unsettledLives };
  if (unsettledLives >= limits.shortLivesSaid) {
    // Whoever answers there is not the application: what was held before is no measure any more.
    return withProblem(suspect({ ...counted, held: false }, 'ended-at-once'), { kind: 'AnsweredFor' });
  }
  const isEarly = phase.settled && counted.shortLives >= limits.shortLivesSaid;
  return isEarly ? withProblem(counted, { kind: 'ClosesEarly', ageMs }) : counted;
}

/** Two ends in a row at about the same age are a timer of the server's. */
function learnIdleTime(machine: TripwireMachine, ageMs: number, limits: TripwireLimits): TripwireMachine {
  const { lastAgeMs } = machine;
  const isLike = lastAgeMs !== undefined && Math.abs(lastAgeMs - ageMs) <= ageMs * limits.idleToleranceShare;
  const renewAfterMs = isLike ? Math.min(lastAgeMs, ageMs) * limits.renewShare : machine.renewAfterMs;
  return { ...machine, lastAgeMs: ageMs, renewAfterMs };
}
