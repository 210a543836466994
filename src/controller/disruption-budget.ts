/**
 * Owns that the active of a Singleton is not evicted before somebody else has the role: it keeps a PodDisruptionBudget, so
 * that a drain waits. Where another one protects a member there is none: of a pod with two every eviction fails with 500
 * (kubernetes: registry/core/pod/storage/eviction.go).
 * Must not stand in the way of a failover, nor touch anybody else's budget.
 */
import type { DisruptionBudgetObject } from '../kube/decode-disruption-budget.ts';
import { takesIn } from '../kube/label-selector.ts';
import { createRequest, deleteRequest, objectBody } from '../kube/request.ts';
import { DISRUPTION_BUDGETS } from '../kube/resources.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { type ApiCalls, type CallOutcome, describeFailure } from './api-calls.ts';
import { type BudgetSubject, budgetName, encodeBudget, isAsWanted } from './budget-codec.ts';
import type { BudgetView } from './budget-view.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { SingletonPods } from './singleton-pods.ts';

export interface DisruptionBudgetOptions {
  readonly subject: BudgetSubject;
  readonly budgets: BudgetView;
  /** Its members. */
  readonly pods: Pick<SingletonPods, 'pods'>;
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** Only the active controller keeps it. */
  readonly mayWrite: () => boolean;
  readonly onBug: (error: unknown) => void;
}

export class DisruptionBudget {
  readonly #options: DisruptionBudgetOptions;
  #isLifted = false;
  #timer: Timer | undefined;
  #isBusy = false;
  /** Something has changed since it was looked at. */
  #isStale = false;
  #failures = 0;
  #stopped = false;

  constructor(options: DisruptionBudgetOptions) {
    this.#options = options;
  }

  /** `lifted`: whoever is active may be evicted. To be told with every decision; it looks a moment later. */
  follow(lifted: boolean): void {
    this.#isLifted = lifted;
    this.wake();
  }

  /** Somebody's budget has changed. */
  wake(): void {
    this.#isStale = true;
    if (this.#timer === undefined) this.#arm(limits.budgetDelayMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    if (this.#stopped || this.#isBusy) return;
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#isBusy = true;
      this.#isStale = false;
      this.#work()
        .catch((error: unknown) => {
          this.#options.onBug(error);
          return limits.bugBackoffMs;
        })
        .then((againMs) => {
          this.#isBusy = false;
          const dueMs = againMs ?? (this.#isStale ? limits.budgetDelayMs : undefined);
          if (dueMs !== undefined) this.#arm(dueMs);
        })
        .catch(this.#options.onBug);
    });
  }

  /** Resolves to when to look again; undefined where all is as it should be, until something changes. */
  async #work(): Promise<number | undefined> {
    const { budgets, subject, mayWrite } = this.#options;
    if (!mayWrite()) return undefined;
    // The first picture of them comes without a word, or never, where they may not be seen.
    if (!budgets.isSynced(subject.namespace)) return limits.refusedBackoffMsMax;
    const own = budgets.own(subject.namespace, subject.name);
    const isWanted = !this.#isLifted && !this.#isProtectedByOthers();
    if (own === undefined) return isWanted ? this.#learn(await this.#create()) : undefined;
    return isWanted && isAsWanted(own.selector, subject) ? undefined : this.#learn(await this.#delete(own));
  }

  #isProtectedByOthers(): boolean {
    const { budgets, subject, pods } = this.#options;
    for (const { selector } of budgets.others(subject.namespace))
      if (pods.pods.some(({ labels }) => takesIn(selector, labels))) return true;
    return false;
  }

  #create(): Promise<CallOutcome> {
    const { calls, subject } = this.#options;
    const { namespace, name } = subject;
    const { metadata, rest } = encodeBudget(subject);
    const about = { namespace, name: budgetName(name), ...metadata };
    const body = objectBody(DISRUPTION_BUDGETS, about, rest);
    return calls.send(createRequest(DISRUPTION_BUDGETS, { namespace, body }), { urgency: 'later' });
  }

  #delete({ namespace, name, uid }: DisruptionBudgetObject): Promise<CallOutcome> {
    const request = deleteRequest(DISRUPTION_BUDGETS, { namespace, name, uid });
    return this.#options.calls.send(request, { urgency: 'later' });
  }

  /** The watch brings what has come of it, and then it is looked at again; what failed is tried again. */
  #learn(outcome: CallOutcome): number | undefined {
    if (outcome.kind === 'ok') {
      this.#failures = 0;
      return undefined;
    }
    // Where the watch is merely behind there is nothing to say: it catches up.
    const isRace = outcome.kind === 'conflict' || outcome.kind === 'notFound';
    if (this.#failures === (isRace ? limits.budgetRacesMax : 0)) {
      const { log, subject } = this.#options;
      const because = describeFailure(outcome);
      log.write('warn', `the PodDisruptionBudget of ${subject.name} was not written`, { because });
    }
    this.#failures += 1;
    return Math.min(limits.refusedBackoffMsMax, limits.budgetDelayMs * 2 ** Math.min(10, this.#failures));
  }
}
