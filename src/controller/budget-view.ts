/**
 * Owns the PodDisruptionBudgets as the watch has brought them: our own, by their Singleton, and everybody else's.
 * Must not judge whether one is needed.
 */
import type { DisruptionBudgetObject } from '../kube/decode-disruption-budget.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { budgetName } from './budget-codec.ts';
import { WatchProgress } from './watch-progress.ts';
import { covers } from './watch-scope.ts';
import { words } from './words.ts';

export interface BudgetViewOptions {
  /** `singletonName`: whose own it is; undefined: somebody else's, which may be about any of the namespace. */
  readonly onChanged: (namespace: string, singletonName: string | undefined) => void;
  /** `name` is `namespace/name` as far as it can be read. */
  readonly onMalformed: (name: string, error: Error) => void;
}

interface Scope {
  readonly namespace: string | undefined;
  readonly progress: WatchProgress;
}

export class BudgetView {
  readonly #options: BudgetViewOptions;
  readonly #scopes: Scope[] = [];
  /** By UID. */
  readonly #budgets = new Map<string, DisruptionBudgetObject>();
  /** By namespace and name of the Singleton. */
  readonly #own = new Map<string, DisruptionBudgetObject>();
  /** By namespace, then by UID. */
  readonly #others = new Map<string, Map<string, DisruptionBudgetObject>>();

  constructor(options: BudgetViewOptions) {
    this.#options = options;
  }

  /** The first complete picture of this namespace's budgets has arrived. */
  isSynced(namespace: string): boolean {
    return this.#scopes.some((scope) => covers(scope, namespace) && scope.progress.synced);
  }

  /** Ours, of the Singleton of this name. */
  own(namespace: string, singletonName: string): DisruptionBudgetObject | undefined {
    return this.#own.get(`${namespace}/${singletonName}`);
  }

  others(namespace: string): Iterable<DisruptionBudgetObject> {
    return this.#others.get(namespace)?.values() ?? [];
  }

  sinkFor(namespace: string | undefined): WatchSink<DisruptionBudgetObject> {
    const scope: Scope = { namespace, progress: new WatchProgress() };
    this.#scopes.push(scope);
    return {
      onApplied: (budget) => this.#apply(budget),
      onDeleted: ({ uid }) => this.#drop(uid),
      onSynced: (present, version) => {
        scope.progress.sawEverything(version);
        for (const { uid, namespace: of } of [...this.#budgets.values()])
          if (covers(scope, of) && !present.has(uid)) this.#drop(uid);
      },
      onBookmark: () => undefined,
      onMalformed: this.#options.onMalformed,
      onState: (state) => scope.progress.moveTo(state),
    };
  }

  /** Its status changes with every pod that comes or goes: nobody is told of that. */
  #apply(budget: DisruptionBudgetObject): void {
    const known = this.#budgets.get(budget.uid);
    const isSame =
      known !== undefined &&
      JSON.stringify(known.selector) === JSON.stringify(budget.selector) &&
      ownerOf(known) === ownerOf(budget);
    if (isSame) return;
    if (known !== undefined) this.#drop(budget.uid);
    this.#budgets.set(budget.uid, budget);
    const { namespace, uid } = budget;
    const owner = ownerOf(budget);
    if (owner !== undefined) this.#own.set(`${namespace}/${owner}`, budget);
    else {
      const others = this.#others.get(namespace) ?? new Map();
      this.#others.set(namespace, others.set(uid, budget));
    }
    this.#say(budget);
  }

  #drop(uid: string): void {
    const known = this.#budgets.get(uid);
    if (known === undefined) return;
    this.#budgets.delete(uid);
    const { namespace } = known;
    const key = `${namespace}/${ownerOf(known) ?? ''}`;
    if (this.#own.get(key)?.uid === uid) this.#own.delete(key);
    this.#others.get(namespace)?.delete(uid);
    this.#say(known);
  }

  #say(budget: DisruptionBudgetObject): void {
    this.#options.onChanged(budget.namespace, ownerOf(budget));
  }
}

/** By label and name: a copy that somebody made of ours is theirs. */
function ownerOf({ name, labels }: DisruptionBudgetObject): string | undefined {
  const singletonName = labels[words.singleton];
  return singletonName !== undefined && name === budgetName(singletonName) ? singletonName : undefined;
}
