/*
 * Owns one tripwire's state machine driven step by step: its clock, its socket as the network sees it, what it has said.
 * Must not help it: an input that the socket could not give is an error of the test.
 */
import assert from 'node:assert/strict';
import type { ConnectionEnd, DialFailure } from '../../src/controller/dialer.ts';
import { dueAt, step } from '../../src/controller/tripwire-fsm.ts';
import { tripwireLimits } from '../../src/controller/tripwire-limits.ts';
import {
  idleTripwire,
  type TripwireCommand,
  type TripwireEvidence,
  type TripwireInput,
  type TripwireMachine,
  type TripwireTarget,
} from '../../src/controller/tripwire-machine.ts';
import type { TripwireProblem } from '../../src/controller/tripwire-problem.ts';
import { type Incarnation, incarnation } from '../../src/core/identity.ts';
import { after, type MonotonicMs } from '../../src/time/clock.ts';

export const target: TripwireTarget = { ip: '127.10.0.1', port: 8_080, incarnation: incarnation('uid-a/1') };
const random = { fraction: () => 0.5 };

/** What really happened to the incarnation that is aimed at, for whoever wants to check what was said of it. */
export type Happening =
  | { readonly kind: 'aimed'; readonly at: number }
  | { readonly kind: 'accepted'; readonly at: number }
  | { readonly kind: 'refused'; readonly dialedAt: number; readonly at: number }
  /** The peer ended a connection that was accepted at `acceptedAt`. */
  | { readonly kind: 'lost'; readonly acceptedAt: number; readonly at: number }
  | { readonly kind: 'closed'; readonly acceptedAt: number; readonly at: number }
  | { readonly kind: 'silent'; readonly at: number }
  /** It never left this process. */
  | { readonly kind: 'local'; readonly at: number }
  | { readonly kind: 'said'; readonly evidence: TripwireEvidence; readonly at: number };

type SocketState =
  | { readonly kind: 'none' }
  | { readonly kind: 'dialing'; readonly since: number }
  | { readonly kind: 'connected'; readonly since: number };

export class DrivenTripwire {
  machine: TripwireMachine = idleTripwire;
  now = after(0 as MonotonicMs, 1_000);
  socket: SocketState = { kind: 'none' };
  readonly happened: Happening[] = [];
  readonly said: { readonly incarnation: Incarnation; readonly evidence: TripwireEvidence }[] = [];
  /** Problems as they were said, each list once. */
  readonly fresh: TripwireProblem[] = [];
  readonly dialedAt: number[] = [];
  stoppedReading = false;
  /** What the guards are told. */
  readonly doubts: ('doubted' | 'cleared')[] = [];

  /** What was said, in words: `refused`, `suspicion: silent`, `accepting`. */
  get words(): string[] {
    return this.said.map(({ evidence }) =>
      evidence.kind === 'suspicion' ? `suspicion: ${evidence.because}` : evidence.kind,
    );
  }

  get problems(): string[] {
    return this.machine.problems.map(({ kind }) => kind);
  }

  aim(at: TripwireTarget = target, delayMs = 0): this {
    this.happened.push({ kind: 'aimed', at: this.now });
    this.#step({ kind: 'aimed', target: at, delayMs });
    return delayMs === 0 ? this.advance(0) : this;
  }

  aimAtNothing(): this {
    this.#step({ kind: 'aimed', target: undefined, delayMs: 0 });
    return this;
  }

  /** Time passes; timers come when they are due. */
  advance(durationMs: number): this {
    const end = after(this.now, durationMs);
    for (;;) {
      const due = dueAt(this.machine, tripwireLimits);
      if (due === undefined || due > end) break;
      this.now = due;
      this.#step({ kind: 'timer' });
    }
    this.now = end;
    return this;
  }

  /** A timer, due or not, however much time has passed. */
  timer(afterMs = 0): this {
    this.now = after(this.now, afterMs);
    this.#step({ kind: 'timer' });
    return this;
  }

  /** Waits for the next dial where there is none under way. */
  dialed(): this {
    for (let waits = 0; this.socket.kind !== 'dialing'; waits++) {
      const due = dueAt(this.machine, tripwireLimits);
      assert.ok(due !== undefined && waits < 10, 'it does not dial');
      this.now = due;
      this.#step({ kind: 'timer' });
    }
    return this;
  }

  accepted(): this {
    this.dialed();
    this.#settleSocket({ kind: 'connected', since: this.now });
    this.happened.push({ kind: 'accepted', at: this.now });
    this.#step({ kind: 'accepted' });
    return this;
  }

  /** Accepted, and so old that it counts. */
  held(): this {
    return this.accepted().advance(tripwireLimits.settleMs);
  }

  failed(kind: DialFailure['kind']): this {
    this.dialed();
    const dialedAt = this.socket.kind === 'dialing' ? this.socket.since : Number.NaN;
    this.#settleSocket({ kind: 'none' });
    this.#recordFailure(kind, dialedAt);
    const failure = kind === 'refused' || kind === 'reset' ? { kind } : { kind, code: 'EXAMPLE' };
    this.#step({ kind: 'failed', failure });
    return this;
  }

  refused(times = 1): this {
    for (let time = 0; time < times; time++) this.failed('refused');
    return this;
  }

  ended(by: ConnectionEnd = 'fin'): this {
    const { socket, now: at } = this;
    assert.equal(socket.kind, 'connected');
    if (socket.kind !== 'connected') return this;
    this.#settleSocket({ kind: 'none' });
    if (by === 'silence') this.happened.push({ kind: 'silent', at });
    else this.happened.push({ kind: 'lost', acceptedAt: socket.since, at });
    this.#step({ kind: 'ended', by });
    return this;
  }

  bytes(count: number): this {
    assert.equal(this.socket.kind, 'connected');
    this.#step({ kind: 'bytes', count });
    return this;
  }

  #recordFailure(kind: DialFailure['kind'], dialedAt: number): void {
    const at = this.now;
    if (kind === 'refused') this.happened.push({ kind, dialedAt, at });
    else if (kind === 'reset') this.happened.push({ kind: 'lost', acceptedAt: at, at });
    else this.happened.push({ kind: kind === 'local' ? 'local' : 'silent', at });
  }

  #settleSocket(socket: SocketState): void {
    this.socket = socket;
  }

  #step(input: TripwireInput): void {
    const stepped = step(this.machine, input, { now: this.now, random, limits: tripwireLimits });
    this.machine = stepped.machine;
    for (const command of stepped.commands) this.#obey(command);
  }

  #obey(command: TripwireCommand): void {
    const { now: at, socket } = this;
    switch (command.kind) {
      case 'close':
        assert.notEqual(socket.kind, 'none', 'it closes a socket that it does not have');
        if (socket.kind === 'connected') this.happened.push({ kind: 'closed', acceptedAt: socket.since, at });
        else this.happened.push({ kind: 'silent', at });
        this.socket = { kind: 'none' };
        return;
      case 'dial':
        assert.equal(socket.kind, 'none', 'it dials while it has a socket');
        this.stoppedReading = false;
        this.dialedAt.push(at);
        this.socket = { kind: 'dialing', since: at };
        return;
      case 'stopReading':
        this.stoppedReading = true;
        return;
      case 'doubted':
      case 'cleared':
        this.doubts.push(command.kind);
        return;
      case 'evidence':
        this.said.push({ incarnation: command.incarnation, evidence: command.evidence });
        this.happened.push({ kind: 'said', evidence: command.evidence, at });
        return;
      case 'problems':
        this.fresh.push(...command.fresh);
    }
  }
}

/**
 * Whether the last thing said, a refusal, is borne out by what happened: nothing but refusals since the peer ended a
 * connection, three of them over 5 ms, and before that a connection that lasted; all in the life of this incarnation,
 * and since the last silence and the last refusal that was said of it.
 */
export function isBorneOut(happened: readonly Happening[]): boolean {
  const last = happened.length - 1;
  const since = happened.findLastIndex(
    (one, index) =>
      one.kind === 'aimed' ||
      one.kind === 'silent' ||
      (index < last && one.kind === 'said' && one.evidence.kind === 'refused'),
  );
  const story = happened.slice(since + 1, last).filter(({ kind }) => kind !== 'local' && kind !== 'said');
  const lostAt = story.findLastIndex(({ kind }) => kind !== 'refused');
  const refusals = story.slice(lostAt + 1).filter((one) => one.kind === 'refused');
  const [first, final] = [refusals[0], refusals.at(-1)];
  if (story[lostAt]?.kind !== 'lost' || refusals.length < 3 || first === undefined || final === undefined)
    return false;
  const wasHeld = story.some(
    (one) =>
      (one.kind === 'lost' || one.kind === 'closed') && one.acceptedAt + tripwireLimits.settleMs <= one.at,
  );
  return wasHeld && final.dialedAt >= first.at + 5;
}
