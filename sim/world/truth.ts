/**
 * Owns what really happened in a run, for those who judge it: what the store had, what was asked of the API, what processes
 * did, what clients saw, what was struck. Nothing in it is a controller's word.
 * Must not judge.
 */
import type { StoreEvent } from '../../src/sandbox/api/collection.ts';
import type { Application } from './application.ts';
import type { Attempt } from './clients.ts';
import type { StoredWrite } from './fenced-store.ts';

export interface ObjectChange {
  readonly atMs: number;
  /** Plural: pods, leases … */
  readonly resource: string;
  readonly event: StoreEvent;
}

/** A write of a controller that the API has answered. */
export interface ControllerWrite {
  readonly atMs: number;
  readonly controller: string;
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly status: number;
  /** The store's version after it. */
  readonly version: number;
}

/** A notice that a controller sent, whether or not it arrived. */
export interface Told {
  readonly atMs: number;
  readonly controller: string;
  readonly podUid: string;
  readonly role: 'active' | 'standby';
  readonly epoch: number;
}

export interface Happening {
  readonly atMs: number;
  readonly kind: string;
  /** The singleton or the node or the controller that it was done to; undefined where it was nobody in particular. */
  readonly target: string | undefined;
  /** When it was over; undefined while it lasts. */
  untilMs: number | undefined;
}

/** A controller's life. */
export interface ControllerLife {
  readonly name: string;
  readonly fromMs: number;
  untilMs: number | undefined;
}

export interface Truth {
  readonly changes: readonly ObjectChange[];
  readonly writes: readonly ControllerWrite[];
  readonly applications: readonly Application[];
  readonly told: readonly Told[];
  readonly attempts: readonly Attempt[];
  readonly stored: readonly StoredWrite[];
  readonly happenings: readonly Happening[];
  readonly controllers: readonly ControllerLife[];
  /** Errors that must not be: bugs that a controller met, requests that the API could not make sense of. */
  readonly bugs: readonly string[];
  /** When the last fault was over. */
  readonly healedAtMs: number;
  readonly endedAtMs: number;
}
