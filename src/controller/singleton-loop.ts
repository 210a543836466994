/**
 * Owns the loop of one singleton: when to decide, when to act, when to wait; one pass at a time.
 * Must not know how a view is built or a decision is carried out, and must not let its singleton cost the others anything.
 */
import { decide } from '../core/decide.ts';
import type { Decision } from '../core/decision.ts';
import { type ControllerRole, holdBack, type PendingNeed } from '../core/hold-back.ts';
import type { PodUid } from '../core/identity.ts';
import type { SingletonView } from '../core/view.ts';
import { after, type Clock, type MonotonicMs, type Random, type Timer } from '../time/clock.ts';
import type { CallFailure } from './api-calls.ts';
import { limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { PassPace } from './pass-pace.ts';
import type { PassReport } from './runner.ts';

export interface SingletonLoopOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly buildView: (now: MonotonicMs) => SingletonView;
  readonly role: () => ControllerRole;
  /** False while permissions are missing that deciding needs. */
  readonly mayAct: () => boolean;
  readonly run: (decision: Decision, seenAt: MonotonicMs, decidedAt: MonotonicMs) => Promise<PassReport>;
  /** Asks what became of the record; undefined once it is known. */
  readonly settleRecord: () => Promise<CallFailure | undefined>;
  /** True where a write of ours, and not a first picture that is still to come, left the record unknown. */
  readonly isRecordUnsettled: () => boolean;
  readonly podVersion: (uid: PodUid) => string | undefined;
  /** Called after the decision's first write is on its way. */
  readonly onDecided: (decision: Decision, view: SingletonView) => void;
  readonly onPassEnded: (decision: Decision, report: PassReport, role: ControllerRole) => void;
  readonly onBug: (error: unknown) => void;
}

interface AwaitedPod {
  readonly uid: PodUid;
  readonly resourceVersion: string;
  readonly until: MonotonicMs;
}

export class SingletonLoop {
  readonly #options: SingletonLoopOptions;
  #passing: Promise<void> | undefined;
  /** From the start of a decision to the end of its pass: what happens within that turn must not begin another one. */
  #busy = false;
  #stopped = false;
  /** Since when something has changed that no decision has seen yet. */
  #dirtySince: MonotonicMs | undefined;
  #pending: PendingNeed | undefined;
  #pendingSeenAt: MonotonicMs | undefined;
  #awaitedPod: AwaitedPod | undefined;
  /** The last pass got half-way: who began it ends it, without holding back. */
  #followsThrough = false;
  readonly #pace: PassPace;
  #timer: Timer | undefined;

  constructor(options: SingletonLoopOptions) {
    this.#options = options;
    this.#pace = new PassPace(options.clock, options.random);
  }

  /** Something has changed: `step` decides on it, as soon as no pass is under way. */
  wake(now: MonotonicMs): void {
    this.#dirtySince ??= now;
  }

  /** Decides now, unless a pass is under way (then it decides after it); acts unless a back-off holds. Never throws. */
  step(): void {
    if (this.#stopped || this.#busy) return;
    const now = this.#options.clock.now();
    const waitUntil = this.#waitUntil(now);
    if (waitUntil !== undefined) {
      this.#arm(waitUntil, now);
      return;
    }
    this.#busy = true;
    try {
      this.#decideAndAct(now);
    } catch (error) {
      this.#contain(error);
    }
    this.#busy = this.#passing !== undefined;
  }

  /** The pass under way goes on to its end; nothing is decided any more. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#passing ?? Promise.resolve();
  }

  #decideAndAct(now: MonotonicMs): void {
    const { buildView, role, mayAct, clock, metrics, onDecided } = this.#options;
    const view = buildView(now);
    const decision = decide(view, now);
    const isUnsettled = this.#options.isRecordUnsettled();
    const waitUntil = this.#pace.waitsUntil(isUnsettled ? undefined : decision);
    if (waitUntil !== undefined) {
      const { recheckAt } = decision;
      this.#arm(recheckAt !== undefined && recheckAt > now ? earliest(waitUntil, recheckAt) : waitUntil, now);
      return;
    }
    const seenAt = this.#dirtySince ?? now;
    this.#dirtySince = undefined;
    if (isUnsettled) {
      this.#settle();
      return;
    }
    const controllerRole = role();
    const actsAs = this.#followsThrough ? 'active' : controllerRole;
    this.#followsThrough = false;
    const held = mayAct() ? holdBack(actsAs, decision, this.#pending, now) : ({ kind: 'nothing' } as const);
    const needSeenAt = this.#pendingSeenAt ?? seenAt;
    this.#pending = held.kind === 'wait' ? held.pending : undefined;
    this.#pendingSeenAt = held.kind === 'wait' ? needSeenAt : undefined;
    if (held.kind === 'act') {
      this.#pass(decision, needSeenAt, controllerRole);
      metrics.decided(clock.now() - seenAt);
    } else {
      this.#arm(earliest(decision.recheckAt, held.kind === 'wait' ? held.until : undefined), now);
    }
    onDecided(decision, view);
  }

  #pass(decision: Decision, seenAt: MonotonicMs, role: ControllerRole): void {
    const { clock, run, onPassEnded, metrics } = this.#options;
    this.#pace.begin(decision);
    this.#track(
      run(decision, seenAt, clock.now()).then((report) => {
        metrics.passEnded(report.end.kind);
        this.#learnFrom(report);
        onPassEnded(decision, report, role);
      }),
    );
  }

  /** A pass of its own: nothing can be decided before it is known how the record stands. */
  #settle(): void {
    const { settleRecord, isRecordUnsettled } = this.#options;
    this.#pace.begin(undefined);
    this.#track(
      settleRecord().then((failure) => {
        if (failure !== undefined || isRecordUnsettled()) this.#pace.failed(failure);
      }),
    );
  }

  /** Whatever happened meanwhile is decided on when the pass is over. */
  #track(pass: Promise<void>): void {
    const tracked = pass
      .catch((error: unknown) => this.#contain(error))
      .then(() => {
        this.#passing = undefined;
        this.#busy = false;
        this.step();
      });
    this.#passing = tracked;
  }

  #learnFrom({ end }: PassReport): void {
    switch (end.kind) {
      case 'failed':
        this.#pace.failed(end.failure);
        return;
      case 'done':
      case 'lost':
        this.#pace.succeeded();
        return;
      case 'pod-changed': {
        const { uid, resourceVersion } = end;
        const until = after(this.#options.clock.now(), limits.newerPodWaitMs);
        this.#pace.interrupted();
        this.#followsThrough = true;
        this.#awaitedPod = { uid, resourceVersion, until };
      }
    }
  }

  #contain(error: unknown): void {
    this.#options.onBug(error);
    this.#pace.stop(limits.bugBackoffMs);
    if (this.#passing === undefined) this.#arm(this.#pace.stoppedUntil, this.#options.clock.now());
  }

  /** Undefined: nothing is to be waited for, whatever is due. */
  #waitUntil(now: MonotonicMs): MonotonicMs | undefined {
    const { stoppedUntil } = this.#pace;
    if (stoppedUntil !== undefined) return stoppedUntil;
    const awaited = this.#awaitedPod;
    if (awaited === undefined) return undefined;
    const isNewer = this.#options.podVersion(awaited.uid) !== awaited.resourceVersion;
    if (!isNewer && now < awaited.until) return awaited.until;
    this.#awaitedPod = undefined;
    return undefined;
  }

  /** One timer: whatever it was armed for before, the step that it brings looks at everything. */
  #arm(at: MonotonicMs | undefined, now: MonotonicMs): void {
    this.#timer?.cancel();
    this.#timer =
      at === undefined ? undefined : this.#options.clock.schedule(Math.max(0, at - now), () => this.step());
  }
}

function earliest(left: MonotonicMs | undefined, right: MonotonicMs | undefined): MonotonicMs | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left < right ? left : right;
}
