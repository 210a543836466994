/**
 * Owns one accepted Singleton while this controller looks after it: its spec as it stands, its pods, and its status.
 * Must not decide on it: the singleton that it declares does.
 */
import type { SingletonHead, SingletonObject } from '../api/decode-singleton.ts';
import type { Because, SingletonSpec } from '../api/singleton.ts';
import type { Answer, Decision } from '../core/decision.ts';
import { type Drain, drainOf } from '../core/drain.ts';
import {
  type Epoch,
  higherEpoch,
  type Incarnation,
  laterVersion,
  noEpoch,
  type PodUid,
  parseResourceVersion,
  type ResourceVersion,
  recordEpochOf,
} from '../core/identity.ts';
import type { Settings, SingletonView } from '../core/view.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { canAcknowledge, channelsOf } from '../wire/notify-channel.ts';
import type { AllPods, PodGroup } from './all-pods.ts';
import type { ApiCalls } from './api-calls.ts';
import type { BudgetView } from './budget-view.ts';
import { DeclaredStatus, type DeclaredStatusOptions } from './declared-status.ts';
import { DisruptionBudget } from './disruption-budget.ts';
import type { Events } from './events.ts';
import type { Log } from './log.ts';
import { PodView } from './pod-view.ts';
import type { RefusedStatuses } from './refused-statuses.ts';
import type { Singleton } from './singleton.ts';
import type { SingletonPods } from './singleton-pods.ts';
import type { Singletons } from './singletons.ts';
import { RequestDesk } from './switchover-request.ts';
import { describePhases, type Timeline } from './timeline.ts';
import type { Tripwires } from './tripwire.ts';
import type { TripwireEvidence } from './tripwire-machine.ts';

export interface DeclaredSurroundings {
  readonly clock: Clock;
  readonly calls: ApiCalls;
  readonly log: Log;
  readonly events: Events;
  readonly allPods: AllPods;
  readonly budgets: BudgetView;
  readonly singletons: Singletons;
  readonly tripwires: Tripwires;
  /** Only the active controller writes statuses. */
  readonly mayWrite: () => boolean;
  /** Everything of Singletons in this namespace has been seen up to this version. */
  readonly seenVersion: (namespace: string) => ResourceVersion | undefined;
  /** Without them no cordon is seen, and a drain that a budget holds up would wait for ever. */
  readonly knowsNodes: () => boolean;
  readonly refusedStatuses: RefusedStatuses;
  readonly isHolder: (namespace: string, recordKey: string, uid: PodUid) => boolean;
  readonly onBug: (error: unknown) => void;
}

/** The name of its record: by its Service, so that whoever leads that Service meets on it. */
export function recordKeyOf({ name, spec }: Pick<SingletonObject, 'name' | 'spec'>): string {
  return spec.service ?? name;
}

export class DeclaredSingleton {
  readonly key: string;
  readonly group: PodGroup;
  readonly #surroundings: DeclaredSurroundings;
  readonly #singleton: Singleton | undefined;
  readonly #status: DeclaredStatus;
  readonly #budget: DisruptionBudget;
  readonly #desk: RequestDesk;
  readonly #pods: SingletonPods;
  #object: SingletonObject;
  /** In which what is asked for was seen first. */
  #specVersion: ResourceVersion | undefined;
  /** The life whose port refuses. */
  #refused: Incarnation | undefined;
  #view: SingletonView | undefined;
  #decision: Decision | undefined;
  #drain: Drain = { kind: 'none' };
  #drainTimer: Timer | undefined;

  /** `acceptedOn`: the version of the event that it is accepted on, which may have been about another Singleton. */
  constructor(
    object: SingletonObject,
    acceptedOn: ResourceVersion | undefined,
    surroundings: DeclaredSurroundings,
  ) {
    this.#object = object;
    this.#surroundings = surroundings;
    this.#specVersion = laterVersion(parseResourceVersion(object.resourceVersion), acceptedOn);
    this.key = recordKeyOf(object);
    const { namespace, spec } = object;
    const podView = this.#makePodView();
    this.group = { namespace, matchLabels: spec.matchLabels, sink: podView.sinkFor(namespace) };
    this.#pods = podView.podsOf(namespace);
    this.#status = new DeclaredStatus(object, {
      ...surroundings,
      circumstances: () => this.#circumstances(),
    });
    this.#budget = new DisruptionBudget({
      ...surroundings,
      subject: { ...object, matchLabels: spec.matchLabels },
      pods: this.#pods,
    });
    this.#desk = new RequestDesk({ ...surroundings, onAnswered: (answer) => this.#answered(answer) });
    this.#singleton = surroundings.singletons.declare({
      name: this.key,
      podView,
      pods: this.#pods,
      versions: () => this.#versions(),
      serviceName: spec.service,
      settings: () => settingsOf(this.#object.spec),
      request: (role) => this.#desk.request(role),
      refused: () => this.#refused,
      channels: () => channelsOf(this.#object.spec.notify),
      epochFloor: () => this.#epochFloor,
      onDecided: (decision, view) => this.#decided(decision, view),
      onMoved: (timeline) => this.#moved(timeline),
    });
    this.#desk.read(object, this.#epoch);
    surroundings.allPods.add(this.group);
  }

  /** As it is looked after. */
  get object(): SingletonObject {
    return this.#object;
  }

  /** Whether this version of it has the same members and the same Service. */
  isSame({ name, spec }: SingletonObject): boolean {
    const { matchLabels, service } = this.#object.spec;
    const sameLabels = JSON.stringify(spec.matchLabels) === JSON.stringify(matchLabels);
    return sameLabels && spec.service === service && name === this.#object.name;
  }

  /** A newer version of the same Singleton, with the same members and the same Service. */
  update(object: SingletonObject): void {
    const before = this.#object;
    this.#object = object;
    this.#status.read(object);
    if (object.generation !== before.generation) {
      this.#specVersion = parseResourceVersion(object.resourceVersion);
      this.#pods.readAgain(this.#surroundings.clock.now());
      if (JSON.stringify(object.spec.notify) !== JSON.stringify(before.spec.notify))
        this.#singleton?.channelsChanged();
    }
    this.#desk.read(object, this.#epoch);
    this.#surroundings.singletons.wake(object.namespace, this.key);
  }

  /** Everything of Singletons has been seen up to a later version than before. */
  seenMore(): void {
    if (this.#decision?.because.code === 'StaleSingleton')
      this.#surroundings.singletons.wake(this.group.namespace, this.key);
  }

  /** A newer version, whose spec is wrong. */
  refuse(head: SingletonHead, because: Because): void {
    this.#status.read(head, because);
  }

  /** It is not looked after any more. Its record and traffic stay as they are. */
  stop(): void {
    this.#status.stop();
    this.#budget.stop();
    this.#drainTimer?.cancel();
    this.#surroundings.tripwires.watch(this.id, undefined);
    this.#surroundings.allPods.remove(this.group);
    this.#surroundings.singletons.withdraw(this.group.namespace, this.key);
  }

  /** What its tripwire has learned of this life of a member. */
  tripwireSaid(incarnation: Incarnation, { kind }: TripwireEvidence): void {
    if (kind === 'refused') this.#refused = incarnation;
    else if (this.#refused === incarnation && kind === 'accepting') this.#refused = undefined;
    else return;
    this.#surroundings.singletons.wake(this.group.namespace, this.key);
  }

  /** It, or somebody else's, about which this one minds. */
  budgetsChanged(): void {
    this.#budget.wake();
  }

  /** What keeps the tripwire from its work is said in the status. */
  tripwireProblemsChanged(): void {
    this.#status.wake();
  }

  /** Its record's: `NAMESPACE/KEY`. */
  get id(): string {
    return `${this.group.namespace}/${this.key}`;
  }

  #watchHolder({ record, members }: SingletonView): void {
    const { tripwirePort: port } = this.#object.spec;
    const holder = record.kind === 'present' ? record.holder : undefined;
    const member = members.find(({ uid }) => uid === holder?.uid);
    const isWatched = holder !== undefined && member?.ip !== undefined && member.leaving === undefined;
    const target =
      port !== undefined && isWatched && member.ip !== undefined
        ? { ip: member.ip, port, incarnation: holder.incarnation }
        : undefined;
    this.#surroundings.tripwires.watch(this.id, target);
  }

  #versions(): Pick<SingletonView, 'singletonVersion' | 'singletonsSeenVersion'> {
    const { seenVersion } = this.#surroundings;
    const singletonsSeenVersion = seenVersion(this.group.namespace);
    return { singletonVersion: this.#specVersion, singletonsSeenVersion };
  }

  /** Undefined while it is not known for sure: the first pictures come one after the other. */
  get #epoch(): Epoch | undefined {
    const { sight, record } = this.#view ?? {};
    if (sight?.kind !== 'clear' || record?.kind !== 'present') return undefined;
    return recordEpochOf(this.#singleton?.state().epoch ?? 0);
  }

  /** `minEpoch` is the next one's least; and no epoch is given out twice, even where record and pods are gone. */
  get #epochFloor(): Epoch {
    const asked = recordEpochOf(this.#object.spec.minEpoch - 1) ?? noEpoch;
    return higherEpoch(asked, this.#status.epoch);
  }

  #decided(decision: Decision, view: SingletonView): void {
    this.#view = view;
    this.#decision = decision;
    this.#watchHolder(view);
    this.#followDrain(view);
    this.#status.decided(decision, view);
    if (decision.answer !== undefined && this.#surroundings.mayWrite()) this.#desk.answer(decision.answer);
  }

  /** While somebody can follow, or might yet, the active is not evicted. */
  #followDrain(view: SingletonView): void {
    const { clock, singletons, knowsNodes } = this.#surroundings;
    // On an incomplete picture nobody can say whom a budget protects, nor whether a drain has been waiting.
    if (view.sight.kind !== 'clear' || !knowsNodes()) return;
    const now = clock.now();
    this.#drain = drainOf(view, this.#object.spec.drainTimeoutSeconds * 1_000, now);
    this.#budget.follow(this.#drain.kind === 'let-through');
    this.#drainTimer?.cancel();
    if (this.#drain.kind !== 'held') return;
    const { namespace } = this.group;
    this.#drainTimer = clock.schedule(this.#drain.until - now, () => {
      singletons.wake(namespace, this.key);
      singletons.stepDirty();
    });
  }

  #answered({ kind, sentence }: Answer): void {
    if (kind === 'refused') this.#event('Warning', 'SwitchoverRefused', sentence);
  }

  #moved(timeline: Timeline): void {
    this.#status.moved(timeline);
    const { code, sentence, epoch, phasesMs } = timeline;
    this.#event('Normal', code, `${sentence} (epoch ${epoch}; ${describePhases(phasesMs)})`);
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace, name, uid } = this.#object;
    this.#surroundings.events.report({ namespace, singleton: { name, uid }, type, reason, message });
  }

  #circumstances(): ReturnType<DeclaredStatusOptions['circumstances']> {
    const singleton = this.#singleton;
    const tripwireProblems = this.#surroundings.tripwires.problems(this.id).map(({ sentence }) => sentence);
    return {
      mode: singleton?.trafficMode,
      drain: this.#drain,
      trafficProblems: singleton?.trafficProblems ?? [],
      otherProblems: [...(singleton?.notifyProblems ?? []), ...tripwireProblems],
    };
  }

  #makePodView(): PodView {
    const { clock, singletons, isHolder, log } = this.#surroundings;
    const { namespace } = this.#object;
    return new PodView({
      clock,
      terms: () => {
        const { criticalContainers, promotionGate } = this.#object.spec;
        return { alsoCritical: criticalContainers, promotionGate };
      },
      isHolder: (_namespace, uid) => isHolder(namespace, this.key, uid),
      onChanged: () => singletons.wake(namespace, this.key),
      onProblem: (_namespace, podName, problem) =>
        singletons.sayProblem(namespace, this.key, podName, problem),
      onMalformed: (name, error) => log.write('warn', `pod ${name} cannot be read: ${error.message}`),
    });
  }
}

function settingsOf(spec: SingletonSpec): Settings {
  const { safety, paused, onDemote, stepDownMs, notify, minFailoverIntervalSeconds } = spec;
  return {
    safety,
    paused,
    onDemote,
    stepDownMs,
    canAcknowledge: canAcknowledge(channelsOf(notify)),
    minFailoverIntervalMs: minFailoverIntervalSeconds * 1_000,
  };
}
