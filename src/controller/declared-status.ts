/**
 * Owns what this controller has to tell in the status of a Singleton that it looks after: its decisions, its moves, and
 * that what is asked for now was refused.
 * Must not decide, nor tell of a record that is older than the one that stands there.
 */
import type { SingletonHead } from '../api/decode-singleton.ts';
import type { Because, SingletonStatus } from '../api/singleton.ts';
import type { Decision } from '../core/decision.ts';
import { believable, type Epoch, noEpoch, recordEpochOf } from '../core/identity.ts';
import type { SingletonView } from '../core/view.ts';
import { after, type Clock, type MonotonicMs } from '../time/clock.ts';
import type { ApiCalls } from './api-calls.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { RefusedStatuses } from './refused-statuses.ts';
import { composeStatus, type StatusParts } from './singleton-status.ts';
import { type Composed, StatusWriter } from './status-writer.ts';
import type { Timeline } from './timeline.ts';

export interface DeclaredStatusOptions {
  readonly clock: Clock;
  readonly calls: ApiCalls;
  readonly log: Log;
  readonly refusedStatuses: RefusedStatuses;
  /** Whether this controller tells more than its own moves. */
  readonly mayWrite: () => boolean;
  /** As it is when it is told. */
  readonly circumstances: () => Pick<StatusParts, 'mode' | 'drain' | 'trafficProblems' | 'otherProblems'>;
  readonly onBug: (error: unknown) => void;
}

export class DeclaredStatus {
  readonly #options: DeclaredStatusOptions;
  readonly #writer: StatusWriter;
  #generation: number;
  #refusal: Because | undefined;
  #seen: { readonly decision: Decision; readonly view: SingletonView } | undefined;
  /** Moves that no written status has yet. */
  #moves: Timeline[] = [];
  /** The epoch of the active that the status tells of, and since when it does. */
  #told: { readonly epoch: number | undefined; readonly at: MonotonicMs };

  constructor(head: SingletonHead, options: DeclaredStatusOptions) {
    this.#options = options;
    this.#generation = head.generation;
    this.#told = { epoch: head.status?.active?.epoch, at: options.clock.now() };
    const compose = (before: SingletonStatus | undefined) => this.#compose(before);
    const onChanged = (status: SingletonStatus | undefined) => this.#changed(status);
    this.#writer = new StatusWriter(head, { ...options, compose, onChanged });
  }

  /** The highest epoch that it tells of, if that can be believed. */
  get epoch(): Epoch {
    return believable(recordEpochOf(this.#writer.status?.epoch ?? 0) ?? noEpoch);
  }

  /** A newer version of the Singleton. `refusal`: what it asks for is not accepted, and it is led as it was. */
  read(head: SingletonHead, refusal?: Because): void {
    this.#generation = head.generation;
    this.#refusal = refusal;
    this.#writer.found(head);
  }

  decided(decision: Decision, view: SingletonView): void {
    this.#seen = { decision, view };
    this.#writer.wake();
  }

  moved(timeline: Timeline): void {
    // Where none of them can be written the oldest are let go: a status keeps no more.
    this.#moves = [...this.#moves, timeline].slice(-limits.statusMovesMax);
    this.#writer.wake();
  }

  /** The circumstances are others. */
  wake(): void {
    this.#writer.wake();
  }

  stop(): void {
    this.#writer.stop();
  }

  /** However it came to be written: a move that it tells is told, and who made it has no more to say than others. */
  #changed(status: SingletonStatus | undefined): void {
    if (status?.active?.epoch !== this.#told.epoch)
      this.#told = { epoch: status?.active?.epoch, at: this.#options.clock.now() };
    const told = new Set(status?.history.map(({ epoch }) => epoch));
    this.#moves = this.#moves.filter(({ epoch }) => !told.has(epoch));
  }

  #compose(before: SingletonStatus | undefined): Composed {
    const { clock, mayWrite, circumstances } = this.#options;
    if (this.#seen === undefined) return { kind: 'nothing' };
    // Whoever acted tells of its move, whichever controller it is; all else is told by the active one.
    if (!mayWrite() && this.#moves.length === 0) return { kind: 'nothing' };
    if (this.#isBehind(this.#seen.view)) return { kind: 'later' };
    const status = composeStatus({
      generation: this.#generation,
      refusal: this.#refusal,
      ...this.#seen,
      ...circumstances(),
      before,
      moves: this.#moves,
      wallTimeMs: clock.wallTimeMs(),
    });
    return { kind: 'status', status };
  }

  /** Another controller has told of a newer record than this one has seen: its watch will bring it, or it is blind. */
  #isBehind({ record }: SingletonView): boolean {
    const { epoch = 0, at } = this.#told;
    if (record.kind !== 'present' || epoch <= record.epoch) return false;
    // After that time nothing newer is on its way: somebody else than a controller wrote it.
    return this.#options.clock.now() < after(at, limits.sightMs);
  }
}
