/**
 * Owns the Singletons as the watch has brought them: which of them are looked after, and which are refused and why.
 * Must not look into one.
 */
import type { DecodedSingleton, SingletonHead, SingletonObject } from '../api/decode-singleton.ts';
import type { Because, SingletonStatus } from '../api/singleton.ts';
import { laterVersion, parseResourceVersion, type ResourceVersion } from '../core/identity.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { type Adoption, matchLabelsOf } from './adoption.ts';
import { DeclaredSingleton, type DeclaredSurroundings, recordKeyOf } from './declared-singleton.ts';
import { DisruptionBudget } from './disruption-budget.ts';
import { RefusedStatuses } from './refused-statuses.ts';
import { refusedStatus } from './singleton-status.ts';
import { type Composed, StatusWriter } from './status-writer.ts';
import { WatchProgress } from './watch-progress.ts';
import { covers } from './watch-scope.ts';

export interface DeclaredSingletonsOptions
  extends Omit<DeclaredSurroundings, 'seenVersion' | 'refusedStatuses'> {
  /** Pods adopted by a flag, in every namespace. */
  readonly adoptions: readonly Adoption[];
  /** `name` is `namespace/name` as far as it can be read. */
  readonly onMalformed: (name: string, error: Error) => void;
}

interface Scope {
  readonly namespace: string | undefined;
  readonly progress: WatchProgress;
}

interface Known {
  readonly head: SingletonHead;
  /** Undefined where its spec is wrong. */
  readonly object: SingletonObject | undefined;
  readonly problems: readonly string[];
}

interface Refused {
  readonly because: Because;
  /** Undefined where it is looked after as it was: its own status says so. */
  readonly writer: StatusWriter | undefined;
  /** What it may have left behind from when it was looked after is taken away. */
  readonly budget: DisruptionBudget | undefined;
  /** People have been told, too. */
  isReported: boolean;
}

export class DeclaredSingletons {
  readonly #options: DeclaredSingletonsOptions;
  readonly #surroundings: DeclaredSurroundings;
  readonly #scopes: Scope[] = [];
  readonly #known = new Map<string, Known>();
  /** By UID of the Singleton. */
  readonly #accepted = new Map<string, DeclaredSingleton>();
  readonly #byId = new Map<string, DeclaredSingleton>();
  readonly #refused = new Map<string, Refused>();
  /** Namespaces in which a claim may have changed, each with the version of the event that did it. */
  readonly #unsettled = new Map<string, ResourceVersion | undefined>();

  constructor(options: DeclaredSingletonsOptions) {
    this.#options = options;
    this.#surroundings = {
      ...options,
      seenVersion: (namespace) => this.#seenVersion(namespace),
      refusedStatuses: new RefusedStatuses(),
    };
  }

  sinkFor(namespace: string | undefined): WatchSink<DecodedSingleton> {
    const scope: Scope = { namespace, progress: new WatchProgress() };
    this.#scopes.push(scope);
    return {
      onApplied: (decoded, version) => {
        scope.progress.sawVersion(version);
        this.#apply(decoded, version);
      },
      onDeleted: ({ uid }, _last, version) => {
        scope.progress.sawVersion(version);
        this.#drop(uid, version);
      },
      onSynced: (present, version) => {
        scope.progress.sawEverything(version);
        for (const [uid, { head }] of this.#known)
          if (covers(scope, head.namespace) && !present.has(uid)) this.#drop(uid);
        this.#lookAgain(scope);
      },
      onBookmark: (version) => {
        scope.progress.sawVersion(version);
        this.#lookAgain(scope);
      },
      onMalformed: this.#options.onMalformed,
      onState: (state) => scope.progress.moveTo(state),
    };
  }

  /** More has been seen than events say: what a record rests on may be known now. */
  #lookAgain(scope: Scope): void {
    for (const declared of this.#accepted.values())
      if (covers(scope, declared.object.namespace)) declared.seenMore();
  }

  #unsettle(namespace: string, version: string | undefined): void {
    const before = this.#unsettled.get(namespace);
    this.#unsettled.set(namespace, laterVersion(before, parseResourceVersion(version)));
  }

  #seenVersion(namespace: string): ResourceVersion | undefined {
    return this.#scopes.find((scope) => covers(scope, namespace))?.progress.seenVersion;
  }

  /** The one whose record has this key in this namespace, `NAMESPACE/KEY`. */
  find(id: string): DeclaredSingleton | undefined {
    return this.#byId.get(id);
  }

  /** Of the Singleton of this name; without one: of everybody else in the namespace. */
  budgetsChanged(namespace: string, singletonName: string | undefined): void {
    for (const declared of this.#accepted.values()) {
      const { object } = declared;
      const isMeant = singletonName === undefined || singletonName === object.name;
      if (object.namespace === namespace && isMeant) declared.budgetsChanged();
    }
    for (const [uid, { budget }] of this.#refused) {
      const head = this.#known.get(uid)?.head;
      if (head?.namespace === namespace && head.name === singletonName) budget?.wake();
    }
  }

  /** This controller is the active one now: what the one before has left unsaid of refusals is said. */
  roleChanged(): void {
    for (const [uid, refused] of this.#refused) {
      const head = this.#known.get(uid)?.head;
      if (head !== undefined) this.#report(head, refused);
      refused.writer?.wake();
      refused.budget?.wake();
    }
  }

  /** At the end of a chunk: who claims what is settled once, whatever came in which order. */
  settle(): void {
    const unsettled = [...this.#unsettled];
    this.#unsettled.clear();
    for (const [namespace, version] of unsettled) this.#settleIn(namespace, version);
  }

  stop(): void {
    for (const declared of this.#accepted.values()) declared.stop();
    for (const uid of this.#refused.keys()) this.#forgetRefusal(uid);
  }

  #apply(decoded: DecodedSingleton, version: string): void {
    const isValid = decoded.kind === 'singleton';
    const head = isValid ? decoded.object : decoded.head;
    if (head.deletionTimestamp !== undefined) {
      this.#drop(head.uid, version);
      return;
    }
    const known = isValid
      ? { head, object: decoded.object, problems: [] }
      : { head, object: undefined, problems: decoded.problems };
    this.#known.set(head.uid, known);
    this.#unsettle(head.namespace, version);
  }

  /** `version`: of the event that says so; undefined where it was missing from a list. */
  #drop(uid: string, version?: string): void {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    this.#known.delete(uid);
    this.#forget(uid);
    this.#forgetRefusal(uid);
    this.#unsettle(known.head.namespace, version);
  }

  #forget(uid: string): void {
    const declared = this.#accepted.get(uid);
    if (declared === undefined) return;
    declared.stop();
    this.#accepted.delete(uid);
    this.#byId.delete(declared.id);
  }

  #forgetRefusal(uid: string): void {
    const refused = this.#refused.get(uid);
    refused?.writer?.stop();
    refused?.budget?.stop();
    this.#refused.delete(uid);
  }

  /** The older one stays: in the order of their creation, each is accepted where no earlier one claims the same. */
  #settleIn(namespace: string, version: ResourceVersion | undefined): void {
    const here = [...this.#known.values()].filter(({ head }) => head.namespace === namespace).sort(byAge);
    const claims: SingletonObject[] = [];
    const accepted: SingletonObject[] = [];
    for (const { head, object, problems } of here) {
      // One whose spec is wrong by now is looked after as it was, and claims what it did.
      const claiming = object ?? this.#accepted.get(head.uid)?.object;
      const taken = claiming === undefined ? undefined : this.#whyTaken(claiming, claims);
      if (taken !== undefined) this.#forget(head.uid);
      else if (claiming !== undefined) claims.push(claiming);
      if (object === undefined) this.#refuse(head, { code: 'SpecInvalid', sentence: problems.join('; ') });
      else if (taken !== undefined) this.#refuse(head, taken);
      else accepted.push(object);
    }
    // Whoever gives something up does so before another one takes it.
    for (const object of accepted) if (!this.#isLookedAfter(object)) this.#forget(object.uid);
    for (const object of accepted) this.#accept(object, version);
  }

  /** Undefined where nobody claims the same. */
  #whyTaken(object: SingletonObject, claims: readonly SingletonObject[]): Because | undefined {
    const key = recordKeyOf(object);
    const { matchLabels } = object.spec;
    for (const adoption of this.#options.adoptions) {
      const { singletonName, selector } = adoption;
      if (singletonName === key || canOverlap(matchLabels, matchLabelsOf(adoption))) {
        const what = singletonName === key ? `under the same name, ${key}` : `with the labels ${selector}`;
        const sentence = `a controller adopts pods by --adopt ${what}: take that flag away first`;
        return { code: 'Adopted', sentence };
      }
    }
    for (const claim of claims) {
      const overlap = overlapOf(object, claim);
      if (overlap !== undefined) return { code: 'ClaimedBefore', sentence: overlap };
    }
    return undefined;
  }

  /** `version`: of the event that it is accepted on, which may have been about another one. */
  #accept(object: SingletonObject, version: ResourceVersion | undefined): void {
    this.#forgetRefusal(object.uid);
    if (this.#isLookedAfter(object)) {
      this.#accepted.get(object.uid)?.update(object);
      return;
    }
    const accepted = new DeclaredSingleton(object, version, this.#surroundings);
    this.#accepted.set(object.uid, accepted);
    this.#byId.set(accepted.id, accepted);
  }

  #isLookedAfter(object: SingletonObject): boolean {
    return this.#accepted.get(object.uid)?.isSame(object) === true;
  }

  #refuse(head: SingletonHead, because: Because): void {
    const { uid } = head;
    const known = this.#refused.get(uid);
    const declared = this.#accepted.get(uid);
    const isLed = declared !== undefined;
    const refused: Refused = {
      because,
      writer: isLed ? undefined : (known?.writer ?? this.#refusalWriter(head)),
      budget: isLed ? undefined : (known?.budget ?? this.#noBudget(head)),
      isReported: known?.isReported === true && known.because.sentence === because.sentence,
    };
    this.#refused.set(uid, refused);
    this.#report(head, refused);
    declared?.refuse(head, because);
    refused.writer?.found(head);
  }

  #report({ namespace, name, uid }: SingletonHead, refused: Refused): void {
    if (refused.isReported || !this.#options.mayWrite()) return;
    refused.isReported = true;
    const { code, sentence } = refused.because;
    const event = { type: 'Warning', reason: code, message: `not accepted: ${sentence}` } as const;
    this.#options.events.report({ namespace, singleton: { name, uid }, ...event });
  }

  #noBudget(head: SingletonHead): DisruptionBudget {
    const subject = { ...head, matchLabels: {} };
    const budget = new DisruptionBudget({ ...this.#options, subject, pods: { pods: [] } });
    budget.follow(true);
    return budget;
  }

  #refusalWriter(head: SingletonHead): StatusWriter {
    const { mayWrite } = this.#options;
    return new StatusWriter(head, {
      ...this.#surroundings,
      compose: (before) => (mayWrite() ? this.#refusal(head.uid, before) : { kind: 'nothing' }),
      onChanged: () => undefined,
    });
  }

  #refusal(uid: string, before: SingletonStatus | undefined): Composed {
    const refused = this.#refused.get(uid);
    const generation = this.#known.get(uid)?.head.generation;
    if (refused === undefined || generation === undefined) return { kind: 'nothing' };
    const { because } = refused;
    const wallTimeMs = this.#options.clock.wallTimeMs();
    return { kind: 'status', status: refusedStatus({ generation, before, because, wallTimeMs }) };
  }
}

function byAge({ head: left }: Known, { head: right }: Known): number {
  if (left.createdAtMs !== right.createdAtMs) return left.createdAtMs - right.createdAtMs;
  return left.name < right.name ? -1 : 1;
}

/** What both of them claim, as a sentence; undefined where it is nothing. */
function overlapOf(object: SingletonObject, earlier: SingletonObject): string | undefined {
  if (recordKeyOf(object) === recordKeyOf(earlier))
    return `Singleton ${earlier.name} leads Service ${recordKeyOf(earlier)} already`;
  if (canOverlap(object.spec.matchLabels, earlier.spec.matchLabels))
    return `Singleton ${earlier.name} selects the same pods already`;
  return undefined;
}

/** Whatever one of them selects, the other one does too. */
function canOverlap(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean {
  return isWithin(left, right) || isWithin(right, left);
}

/** Every pod that has all of `labels` has all of `fewer`. */
function isWithin(
  labels: Readonly<Record<string, string>>,
  fewer: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(fewer).every(([key, value]) => labels[key] === value);
}
