/**
 * Owns what one tripwire does next, and what it has learned, after whatever has just happened.
 * Must not do it: a step takes the time and a random source and returns commands; tripwire.ts carries them out.
 *
 * What a mesh sidecar makes of it: one that accepts in the name of a dead application resets at once, so no connection
 * settles, nothing is refused, and a sentence is all that comes of it. One that accepts whatever becomes of the
 * application keeps its connection, and is found out only by a restart that the connection outlives. Neither can ever
 * look like a refusal.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import { onFailed, onUnanswered } from './tripwire-dial-fsm.ts';
import { nextLookAt, onAccepted, onAge, onBytes, onEnded } from './tripwire-life-fsm.ts';
import type { TripwireLimits } from './tripwire-limits.ts';
import {
  idleTripwire,
  noProblems,
  type TripwireContext,
  type TripwireInput,
  type TripwireMachine,
  type TripwireStep,
  type TripwireTarget,
} from './tripwire-machine.ts';
import { dialAt } from './tripwire-pace-fsm.ts';
import { commandsBetween } from './tripwire-saying-fsm.ts';

export function step(before: TripwireMachine, input: TripwireInput, context: TripwireContext): TripwireStep {
  const moved = next(before, input, context);
  const fresh = moved.problems.filter(({ kind }) => !moved.told.includes(kind));
  const told = fresh.length === 0 ? moved.told : [...moved.told, ...fresh.map(({ kind }) => kind)];
  const machine = { ...moved, told };
  return { machine, commands: commandsBetween(before, machine, input, fresh) };
}

/** When the next `timer` input is due. Undefined: there is nothing to wait for but the peer. */
export function dueAt(machine: TripwireMachine, limits: TripwireLimits): MonotonicMs | undefined {
  const { phase } = machine;
  switch (phase.kind) {
    case 'idle':
      return undefined;
    case 'waiting':
      return phase.dialAt;
    case 'dialing':
      return after(phase.since, limits.dialLimitMs);
    case 'connected':
      return nextLookAt(machine, phase, limits);
  }
}

/** What does not fit the phase comes from a socket that is no more ours to hear, and changes nothing. */
function next(machine: TripwireMachine, input: TripwireInput, context: TripwireContext): TripwireMachine {
  const { phase } = machine;
  switch (input.kind) {
    case 'aimed':
      return onAimed(machine, input, context);
    case 'timer':
      return onTimer(machine, context);
    case 'accepted':
      return phase.kind === 'dialing' ? onAccepted(machine, context) : machine;
    case 'failed':
      return phase.kind === 'dialing' ? onFailed(machine, phase, input.failure, context) : machine;
    case 'bytes':
      return phase.kind === 'connected' ? onBytes(machine, phase, input.count, context) : machine;
    case 'ended':
      return phase.kind === 'connected' ? onEnded(machine, phase, input.by, context) : machine;
  }
}

function onAimed(
  machine: TripwireMachine,
  { target, delayMs }: Extract<TripwireInput, { readonly kind: 'aimed' }>,
  { now, limits }: TripwireContext,
): TripwireMachine {
  const idle = { ...idleTripwire, dials: machine.dials };
  if (target === undefined) return idle;
  return {
    ...idle,
    aim: { target, at: now },
    phase: { kind: 'waiting', dialAt: after(now, delayMs) },
    problems: hasOutlived(machine, target, now, limits) ? [{ kind: 'Outlived' }] : noProblems,
  };
}

/** The same port has a new incarnation, and the connection to the old one stands, though it began long before. */
function hasOutlived(
  { aim, phase }: TripwireMachine,
  target: TripwireTarget,
  now: MonotonicMs,
  limits: TripwireLimits,
): boolean {
  return (
    aim?.target.ip === target.ip &&
    aim.target.port === target.port &&
    phase.kind === 'connected' &&
    phase.heard !== undefined &&
    now - phase.since >= limits.outlivedMs
  );
}

function onTimer(machine: TripwireMachine, context: TripwireContext): TripwireMachine {
  const { phase } = machine;
  const { now, limits } = context;
  switch (phase.kind) {
    case 'idle':
      return machine;
    case 'waiting':
      return phase.dialAt <= now ? dialAt(machine, now, now) : machine;
    case 'dialing': {
      const isOver = after(phase.since, limits.dialLimitMs) <= now;
      return isOver ? onUnanswered(machine, 'silent', { kind: 'Silent' }, context) : machine;
    }
    case 'connected':
      return onAge(machine, phase, context);
  }
}
