/**
 * Owns the tripwires of one controller: for each singleton one idle TCP connection to its holder, and what that says.
 * Must not decide what follows from it, nor contain a rule: tripwire-fsm.ts and tripwire-guards-fsm.ts do.
 */
import type { Incarnation } from '../core/identity.ts';
import type { Clock, MonotonicMs, Random, Timer } from '../time/clock.ts';
import { DialQueue } from './dial-queue.ts';
import type { DialEvents, DialedConnection, Dialer } from './dialer.ts';
import { dueAt, step } from './tripwire-fsm.ts';
import { TripwireGuards } from './tripwire-guards-fsm.ts';
import type { TripwireLimits } from './tripwire-limits.ts';
import {
  idleTripwire,
  isSameTarget,
  type TripwireCommand,
  type TripwireEvidence,
  type TripwireInput,
  type TripwireMachine,
  type TripwireTarget,
} from './tripwire-machine.ts';
import { noteOf, type ProblemNote, type TripwireProblem } from './tripwire-problem.ts';

export interface TripwiresOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly dialer: Dialer;
  readonly limits: TripwireLimits;
  /** What was learned of an incarnation; each kind once, until another takes its place. May call `watch`. */
  readonly onEvidence: (key: string, incarnation: Incarnation, evidence: TripwireEvidence) => void;
  /** `problems(key)` has changed. `fresh`: those of them that were not said of this incarnation before. */
  readonly onProblems: (key: string, fresh: readonly ProblemNote[]) => void;
}

/** One singleton's. */
interface Tripwire {
  readonly key: string;
  machine: TripwireMachine;
  connection: DialedConnection | undefined;
  timer: Timer | undefined;
  dueAt: MonotonicMs | undefined;
}

export class Tripwires {
  readonly #options: TripwiresOptions;
  readonly #tripwires = new Map<string, Tripwire>();
  readonly #guards: TripwireGuards;
  readonly #dials: DialQueue;
  /** Those whose first dial is still to come. */
  readonly #starting = new Set<string>();
  /** What there was no room for, by singleton: only to be able to say so. */
  readonly #leftOut = new Map<string, TripwireTarget>();
  #stopped = false;

  constructor(options: TripwiresOptions) {
    this.#options = options;
    this.#guards = new TripwireGuards(options.limits);
    this.#dials = new DialQueue({
      clock: options.clock,
      dialsPerTurnMax: options.limits.dialsPerTurnMax,
    });
  }

  /** Idempotent: to be called with whatever the present holder is. Undefined: there is nothing to watch. */
  watch(key: string, target: TripwireTarget | undefined): void {
    if (this.#stopped) return;
    if (target === undefined) {
      this.#unwatch(key);
      return;
    }
    const tripwire = this.#tripwires.get(key) ?? this.#add(key);
    if (tripwire === undefined) this.#leaveOut(key, target);
    else if (!isSameTarget(tripwire.machine.aim?.target, target)) this.#aim(tripwire, target);
  }

  /** What keeps its tripwire from doing its work at present. */
  problems(key: string): readonly ProblemNote[] {
    const leftOut = this.#leftOut.get(key);
    if (leftOut !== undefined) return [this.#tooMany(leftOut)];
    const machine = this.#tripwires.get(key)?.machine;
    const target = machine?.aim?.target;
    return machine === undefined || target === undefined
      ? []
      : machine.problems.map((problem) => noteOf(problem, target));
  }

  /** Closes every connection. Nothing is called after it. */
  stop(): void {
    for (const key of [...this.#tripwires.keys()]) this.#unwatch(key);
    this.#dials.stop();
    this.#leftOut.clear();
    this.#stopped = true;
  }

  #add(key: string): Tripwire | undefined {
    if (this.#tripwires.size >= this.#options.limits.tripwiresMax) return undefined;
    const tripwire: Tripwire = {
      key,
      machine: idleTripwire,
      connection: undefined,
      timer: undefined,
      dueAt: undefined,
    };
    this.#tripwires.set(key, tripwire);
    if (this.#leftOut.delete(key)) this.#options.onProblems(key, []);
    return tripwire;
  }

  #aim(tripwire: Tripwire, target: TripwireTarget): void {
    const { random, limits } = this.#options;
    const spreadMs = Math.min(limits.startSpreadMsMax, this.#starting.size * limits.startSpacingMs);
    this.#guards.retargeted(tripwire.key);
    this.#starting.add(tripwire.key);
    this.#step(tripwire, { kind: 'aimed', target, delayMs: random.fraction() * spreadMs });
  }

  #unwatch(key: string): void {
    this.#leftOut.delete(key);
    const tripwire = this.#tripwires.get(key);
    if (tripwire === undefined) return;
    this.#tripwires.delete(key);
    this.#starting.delete(key);
    this.#guards.unwatched(key);
    tripwire.timer?.cancel();
    this.#closeSocket(tripwire);
  }

  #leaveOut(key: string, target: TripwireTarget): void {
    const isFresh = !this.#leftOut.has(key);
    this.#leftOut.set(key, target);
    if (isFresh) this.#options.onProblems(key, [this.#tooMany(target)]);
  }

  #tooMany(target: TripwireTarget): ProblemNote {
    return noteOf({ kind: 'TooMany', tripwiresMax: this.#options.limits.tripwiresMax }, target);
  }

  /** The state is complete before anybody outside hears of it: what they do may come back here. */
  #step(tripwire: Tripwire, input: TripwireInput): void {
    const { clock, random, limits } = this.#options;
    const { machine, commands } = step(tripwire.machine, input, { now: clock.now(), random, limits });
    tripwire.machine = machine;
    this.#arm(tripwire);
    for (const command of commands) this.#carryOut(tripwire, command);
  }

  #arm(tripwire: Tripwire): void {
    const { clock, limits } = this.#options;
    const due = dueAt(tripwire.machine, limits);
    if (due === tripwire.dueAt) return;
    tripwire.timer?.cancel();
    tripwire.dueAt = due;
    if (due === undefined) return;
    tripwire.timer = clock.schedule(Math.max(0, due - clock.now()), () => {
      // The machine's clock may be finer than the timer's: asked too early, it is asked again.
      tripwire.dueAt = undefined;
      this.#step(tripwire, { kind: 'timer' });
    });
  }

  #carryOut(tripwire: Tripwire, command: TripwireCommand): void {
    const { key } = tripwire;
    switch (command.kind) {
      case 'close':
        this.#closeSocket(tripwire);
        break;
      case 'dial':
        this.#starting.delete(key);
        this.#dials.add(key, () => this.#dial(tripwire));
        break;
      case 'stopReading':
        tripwire.connection?.stopReading();
        break;
      case 'doubted':
        this.#guards.doubted(key, this.#options.clock.now());
        break;
      case 'cleared':
        this.#guards.cleared(key);
        break;
      case 'evidence':
        this.#tell(key, command.incarnation, command.evidence);
        break;
      case 'problems':
        this.#tellProblems(tripwire, command.fresh);
    }
  }

  #dial(tripwire: Tripwire): void {
    const target = tripwire.machine.aim?.target;
    if (target === undefined) return;
    const events: DialEvents = {
      accepted: () => this.#step(tripwire, { kind: 'accepted' }),
      failed: (failure) => this.#step(tripwire, { kind: 'failed', failure }),
      bytes: (count) => this.#step(tripwire, { kind: 'bytes', count }),
      ended: (by) => this.#step(tripwire, { kind: 'ended', by }),
    };
    tripwire.connection = this.#options.dialer.dial(target, events);
  }

  #closeSocket(tripwire: Tripwire): void {
    this.#dials.remove(tripwire.key);
    tripwire.connection?.close();
    tripwire.connection = undefined;
  }

  #tell(key: string, incarnation: Incarnation, evidence: TripwireEvidence): void {
    if (evidence.kind === 'accepting') this.#guards.accepted(key);
    this.#options.onEvidence(key, incarnation, this.#weighed(key, evidence));
  }

  #weighed(key: string, evidence: TripwireEvidence): TripwireEvidence {
    if (evidence.kind !== 'refused') return evidence;
    const because = this.#guards.weigh(key, this.#options.clock.now());
    return because === 'counts' ? evidence : { kind: 'suspicion', because };
  }

  #tellProblems(tripwire: Tripwire, fresh: readonly TripwireProblem[]): void {
    const { key, machine } = tripwire;
    const target = machine.aim?.target;
    // Whoever heard of the evidence may have taken the tripwire away.
    if (target === undefined || this.#tripwires.get(key) !== tripwire) return;
    const notes = fresh.map((problem) => noteOf(problem, target));
    this.#options.onProblems(key, notes);
  }
}
