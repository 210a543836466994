/**
 * Owns the vocabulary of the watch's state machine: what it can be doing, what can happen, what it can order.
 * Must not contain a rule: those are in watch-fsm.ts.
 */
import type { Random } from '../time/clock.ts';
import type { Failure } from './status.ts';
import type { TransportErrorCode } from './transport.ts';
import type { WatchState } from './watch-sink.ts';

/** What to open: everything there is as a stream, a page of a list, or the changes after a version. */
export type Opening =
  | { readonly kind: 'watchList' }
  /** `whole`: one unpaged list, because the continue token of the last paged one expired on the way. */
  | { readonly kind: 'page'; readonly continueToken: string | undefined; readonly whole: boolean }
  | { readonly kind: 'watch'; readonly resourceVersion: string };

export type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly next: Opening }
  /** Receiving what there is; `heardAtMs` is when the server last sent anything of it. */
  | { readonly kind: 'watchList'; readonly heardAtMs: number; readonly dueMs: number }
  | { readonly kind: 'page'; readonly opening: Extract<Opening, { kind: 'page' }> }
  | {
      readonly kind: 'watch';
      /** When the server accepted it; undefined before that. */
      readonly acceptedAtMs: number | undefined;
      /** It has moved the version: whatever ends it now, it worked. */
      readonly advanced: boolean;
    }
  /** The transport was closed, by its owner. The only end there is. */
  | { readonly kind: 'closed' };

export interface WatchMachine {
  readonly phase: Phase;
  /** Where a watch resumes. Undefined: unknown, everything has to be listed. */
  readonly resourceVersion: string | undefined;
  /** False once the server has refused a WatchList; it will not learn it while we run. */
  readonly watchListSupported: boolean;
  /** Each counts failures of its sort in a row; a watch that worked sets all but `refusals` to 0. */
  readonly disconnects: number;
  readonly expiries: number;
  readonly internalErrors: number;
  /** Refusals in a row; forgotten after HEALTHY_AFTER_MS without one, not by the first success. */
  readonly refusals: number;
  readonly refusedAtMs: number;
}

export type WatchInput =
  | { readonly kind: 'started' }
  /** An order from outside: what is known can't be trusted. */
  | { readonly kind: 'relistOrdered' }
  /** The head of a stream with status 200. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'item'; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string; readonly endsInitialEvents: boolean }
  | { readonly kind: 'page'; readonly resourceVersion: string; readonly continueToken: string | undefined }
  /** An answer other than 2xx, to a list or a watch. */
  | { readonly kind: 'refused'; readonly failure: Failure }
  /** An ERROR event in an accepted stream. */
  | { readonly kind: 'errorEvent'; readonly failure: Failure }
  /** A line or page that is not what it has to be, so that nobody knows what was missed. */
  | { readonly kind: 'malformed' }
  /** The stream has ended, or a page could not be got. Undefined: the server ended it in an orderly way. */
  | { readonly kind: 'ended'; readonly cause: TransportErrorCode | undefined }
  | { readonly kind: 'timer' };

export type WatchCommand =
  /** Each `open…` and each `wait` replaces whatever was open or waited for. */
  | { readonly kind: 'openWatchList'; readonly timeoutSeconds: number }
  | { readonly kind: 'openPage'; readonly continueToken: string | undefined; readonly whole: boolean }
  | { readonly kind: 'openWatch'; readonly resourceVersion: string; readonly timeoutSeconds: number }
  | { readonly kind: 'wait' }
  /** Give a `timer` input after this long, in place of the one asked for before. */
  | { readonly kind: 'wake'; readonly delayMs: number }
  /** Forget which objects were present; the next items are all there is. */
  | { readonly kind: 'beginSnapshot' }
  | { readonly kind: 'synced'; readonly resourceVersion: string }
  | { readonly kind: 'report'; readonly state: WatchState };

/** What a step may know besides the machine and the input. */
export interface StepContext {
  readonly nowMs: number;
  readonly random: Random;
}

export interface Step {
  readonly machine: WatchMachine;
  readonly commands: readonly WatchCommand[];
}

export const INITIAL_MACHINE: WatchMachine = {
  phase: { kind: 'idle' },
  resourceVersion: undefined,
  watchListSupported: true,
  disconnects: 0,
  expiries: 0,
  internalErrors: 0,
  refusals: 0,
  refusedAtMs: Number.NEGATIVE_INFINITY,
};
