/**
 * Owns whether this controller may trust what it sees (DESIGN: a stale view must not decide).
 * Must not take a guess: without a proof that is young enough, it is blind.
 */
import type { Sight as SightView } from '../core/view.ts';
import type { MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';

export interface SightSources {
  /**
   * The watches that deciding in this namespace needs have brought their first complete picture;
   * without one: those that every namespace needs.
   */
  readonly isSynced: (namespace: string | undefined) => boolean;
  /** The watch connection's peer has answered a PING lately. */
  readonly isConnectionAlive: () => boolean;
}

export class Sight {
  readonly #sources: SightSources;
  #provenAt: MonotonicMs | undefined;

  constructor(sources: SightSources) {
    this.#sources = sources;
  }

  /**
   * An own renewal has come back on the watch. What counts is when it was sent: everything from before then was seen.
   * After a stall of this process that moment is old, so it stays blind until the next renewal is back.
   */
  renewalCameBack(sentAt: MonotonicMs): void {
    if (this.#provenAt === undefined || sentAt > this.#provenAt) this.#provenAt = sentAt;
  }

  /** When the newest renewal that came back was sent. */
  get provenAt(): MonotonicMs | undefined {
    return this.#provenAt;
  }

  /** What may be trusted in this namespace; without one, as far as that is the same for all of them. */
  at(now: MonotonicMs, namespace?: string): SightView {
    if (!this.#sources.isSynced(namespace)) return notSynced;
    if (!this.#sources.isConnectionAlive()) return connectionSilent;
    if (this.#provenAt === undefined || now - this.#provenAt > limits.sightMs) return heartbeatMissing;
    return clear;
  }
}

const clear: SightView = { kind: 'clear' };
const notSynced: SightView = { kind: 'blind', because: 'not-synced' };
const connectionSilent: SightView = { kind: 'blind', because: 'connection-silent' };
const heartbeatMissing: SightView = { kind: 'blind', because: 'heartbeat-missing' };
