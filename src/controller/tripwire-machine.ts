/**
 * Owns the vocabulary of one tripwire's state machine: what it can be doing, what can happen, what it can order.
 * Must not contain a rule: those are in tripwire-fsm.ts.
 */
import type { Incarnation } from '../core/identity.ts';
import type { MonotonicMs, Random } from '../time/clock.ts';
import type { ConnectionEnd, DialFailure, DialTarget } from './dialer.ts';
import type { TripwireLimits } from './tripwire-limits.ts';
import type { TripwireProblem } from './tripwire-problem.ts';

/** The port of one incarnation of the holder. */
export interface TripwireTarget extends DialTarget {
  readonly incarnation: Incarnation;
}

export function isSameTarget(one: TripwireTarget | undefined, other: TripwireTarget): boolean {
  return one?.incarnation === other.incarnation && one.ip === other.ip && one.port === other.port;
}

export type TripwireEvidence =
  /** It was held, the peer ended the connection at `lostAt`, and every attempt since was refused: nobody serves there. */
  | { readonly kind: 'refused'; readonly lostAt: MonotonicMs }
  /** It may have stopped. Never a reason to promote. */
  | { readonly kind: 'suspicion'; readonly because: SuspicionBecause }
  /** A connection has lasted: whatever was said before is taken back. */
  | { readonly kind: 'accepting' };

export type SuspicionBecause =
  | 'silent'
  | 'unreachable'
  /** Connections are accepted and ended at once, again and again. */
  | 'ended-at-once'
  /** Refused, but not after a connection that the peer ended. */
  | 'refused-unlost'
  /** Refused together with many others (tripwire-guards-fsm.ts). */
  | 'refused-with-many'
  /** Refused again, before the holder that an earlier refusal made had accepted. */
  | 'refused-again';

export type TripwirePhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly dialAt: MonotonicMs }
  | { readonly kind: 'dialing'; readonly since: MonotonicMs }
  | {
      readonly kind: 'connected';
      readonly since: MonotonicMs;
      /** When it will have lasted for long enough to count. */
      readonly settlesAt: MonotonicMs;
      readonly settled: boolean;
      /** What has come in the present window. Undefined: reading has stopped. */
      readonly heard: { readonly bytes: number; readonly since: MonotonicMs } | undefined;
    };

export type Dialing = Extract<TripwirePhase, { readonly kind: 'dialing' }>;
export type Connected = Extract<TripwirePhase, { readonly kind: 'connected' }>;

/** The peer ended a connection of an incarnation that had been held; nothing but refusals has come since. */
export interface Loss {
  readonly at: MonotonicMs;
  readonly refusals: number;
  readonly firstRefusedAt: MonotonicMs | undefined;
}

export interface TripwireMachine {
  readonly aim: { readonly target: TripwireTarget; readonly at: MonotonicMs } | undefined;
  readonly phase: TripwirePhase;
  /** Dials so far: tells one socket from the next. */
  readonly dials: number;
  /** A connection to this incarnation has settled, and neither silence nor a refusal as evidence has come since. */
  readonly held: boolean;
  /** One has settled at any time. */
  readonly everHeld: boolean;
  readonly loss: Loss | undefined;
  /** Attempts that came to nothing since a connection settled. */
  readonly failures: number;
  /** Connections in a row that the peer ended before shortLifeMs. */
  readonly shortLives: number;
  /** Connections in a row that the peer ended before they had settled. */
  readonly unsettledLives: number;
  /** How old the last connection was that the peer ended, where that was no short life. */
  readonly lastAgeMs: number | undefined;
  /** The server's idle time is known: connections are renewed at this age. */
  readonly renewAfterMs: number | undefined;
  /** The last evidence of this incarnation. */
  readonly said: TripwireEvidence | undefined;
  readonly problems: readonly TripwireProblem[];
  /** Problems that were said of this incarnation: each is said once. */
  readonly told: readonly TripwireProblem['kind'][];
}

export type TripwireInput =
  /** Always another target than before: whatever is known belongs to the old one. */
  | { readonly kind: 'aimed'; readonly target: TripwireTarget | undefined; readonly delayMs: number }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'failed'; readonly failure: DialFailure }
  | { readonly kind: 'bytes'; readonly count: number }
  | { readonly kind: 'ended'; readonly by: ConnectionEnd }
  /** Due at dueAt(); one that comes early does no harm. */
  | { readonly kind: 'timer' };

export type TripwireCommand =
  | { readonly kind: 'close' }
  | { readonly kind: 'dial' }
  | { readonly kind: 'stopReading' }
  /** Lost, with the next attempt under way, or refused for the first time since: the guards count how many are. */
  | { readonly kind: 'doubted' }
  /** Accepted after a loss. */
  | { readonly kind: 'cleared' }
  | {
      readonly kind: 'evidence';
      readonly incarnation: Incarnation;
      readonly evidence: TripwireEvidence;
    }
  /** The problems have changed; `fresh` are those that were not said of this incarnation before. */
  | { readonly kind: 'problems'; readonly fresh: readonly TripwireProblem[] };

export interface TripwireContext {
  readonly now: MonotonicMs;
  readonly random: Random;
  readonly limits: TripwireLimits;
}

export interface TripwireStep {
  readonly machine: TripwireMachine;
  readonly commands: readonly TripwireCommand[];
}

export const noProblems: readonly TripwireProblem[] = [];

export const idleTripwire: TripwireMachine = {
  aim: undefined,
  phase: { kind: 'idle' },
  dials: 0,
  held: false,
  everHeld: false,
  loss: undefined,
  failures: 0,
  shortLives: 0,
  unsettledLives: 0,
  lastAgeMs: undefined,
  renewAfterMs: undefined,
  said: undefined,
  problems: noProblems,
  told: [],
};
