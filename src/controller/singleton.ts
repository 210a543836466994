/**
 * Owns the parts of one singleton, put together: its pods, record, tells, runner and loop.
 * Must not hold logic of its own: each part does one thing, and this is where they meet.
 */
import type { Mode } from '../api/singleton.ts';
import type { Decision } from '../core/decision.ts';
import type { ControllerRole } from '../core/hold-back.ts';
import { type Epoch, type Incarnation, noEpoch, type ResourceVersion } from '../core/identity.ts';
import { incarnationOf } from '../core/member.ts';
import type { Settings, Sight, SingletonView, SwitchoverRequest } from '../core/view.ts';
import type { EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { LeaseObject } from '../kube/decode-lease.ts';
import type { Clock, MonotonicMs, Random } from '../time/clock.ts';
import type { NotifyChannel } from '../wire/notify-channel.ts';
import type { ApiCalls } from './api-calls.ts';
import { DirectTraffic } from './direct-traffic.ts';
import type { Events } from './events.ts';
import { LimitedLog, type Log, withFields } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { NodeView } from './node-view.ts';
import type { Notifier } from './notify.ts';
import type { PodView } from './pod-view.ts';
import type { RecordView } from './record-view.ts';
import { Runner } from './runner.ts';
import { ServiceSlices, type SliceTask } from './service-slices.ts';
import type { ServiceView } from './service-view.ts';
import { SingletonLoop } from './singleton-loop.ts';
import type { SingletonPods } from './singleton-pods.ts';
import { type SeenRecords, SingletonRecords } from './singleton-records.ts';
import { SingletonReport } from './singleton-report.ts';
import { buildView } from './singleton-view.ts';
import type { KnownRole } from './switchover-request.ts';
import { type TellEffect, Teller } from './teller.ts';
import type { Timeline, TimelineRing } from './timeline.ts';

/** What all singletons of a controller share. */
export interface SingletonSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly notifier: Notifier;
  readonly timelines: TimelineRing;
  readonly calls: ApiCalls;
  readonly labelsRecords: RecordView<LeaseObject>;
  /** Undefined where no singleton has a Service of its own. */
  readonly direct: DirectSurroundings | undefined;
  readonly nodes: NodeView;
  readonly controllerName: string;
  readonly sight: (now: MonotonicMs) => Sight;
  readonly role: () => ControllerRole;
  /** False while permissions are missing that deciding in this namespace needs. */
  readonly mayAct: (namespace: string) => boolean;
}

export interface DirectSurroundings {
  readonly records: RecordView<EndpointSliceObject>;
  /** Of second address families. */
  readonly followers: RecordView<EndpointSliceObject>;
  readonly services: ServiceView;
}

/** One singleton, as a flag or a Singleton declares it. */
export interface Declaration {
  /** Of the record: a pure function of what is declared, so that all controllers meet on one. */
  readonly name: string;
  readonly podView: PodView;
  readonly pods: SingletonPods;
  /** The version of the Singleton, and how far the Singletons there were seen. Undefined where a flag adopts the pods. */
  readonly versions?: () => Pick<SingletonView, 'singletonVersion' | 'singletonsSeenVersion'>;
  /** What its record leads traffic by; undefined where only labels are kept. */
  readonly serviceName: string | undefined;
  /** They may change while it runs. */
  readonly settings: () => Settings;
  /** Over which the application hears of its role. */
  readonly channels: () => readonly NotifyChannel[];
  /** No epoch at or below this is given out. */
  readonly epochFloor: () => Epoch;
  /** The life whose port refuses, as a tripwire has it. */
  readonly refused?: () => Incarnation | undefined;
  /** Somebody asks for a move of the role. `role` is the record's, undefined where it is not known for sure. */
  readonly request?: (role: KnownRole | undefined) => SwitchoverRequest | undefined;
  /** Told of every decision, after its first write is on its way. */
  readonly onDecided?: (decision: Decision, view: SingletonView) => void;
  readonly onMoved?: (timeline: Timeline) => void;
}

export interface SingletonState {
  readonly namespace: string;
  readonly name: string;
  readonly decision: Decision | undefined;
  readonly epoch: number;
  readonly mode: Mode;
}

const noVersions = { singletonVersion: undefined, singletonsSeenVersion: undefined } as const;
const noTask: SliceTask = { kind: 'none' };

export class Singleton {
  readonly namespace: string;
  readonly name: string;
  readonly loop: SingletonLoop;
  readonly #surroundings: SingletonSurroundings;
  readonly #declaration: Declaration;
  readonly #pods: SingletonPods;
  readonly #log: Log;
  readonly #teller: Teller;
  readonly #traffic: DirectTraffic | undefined;
  readonly #records: SingletonRecords;
  readonly #slices: ServiceSlices | undefined;
  readonly #report: SingletonReport;
  #lastDecision: Decision | undefined;
  #seenEpoch: Epoch | undefined;
  /** Of both records, and when it was seen first: the role may move in the one whose mode is over already. */
  #latest: { readonly epoch: Epoch; readonly at: MonotonicMs } | undefined;
  #movedAt: MonotonicMs | undefined;

  constructor(declaration: Declaration, surroundings: SingletonSurroundings) {
    const { name, pods } = declaration;
    this.namespace = pods.namespace;
    this.name = name;
    this.#surroundings = surroundings;
    this.#declaration = declaration;
    this.#pods = pods;
    const { clock, log } = surroundings;
    this.#log = new LimitedLog(withFields(log, { singleton: `${this.namespace}/${name}` }), clock);
    this.#traffic = this.#makeTraffic();
    this.#records = this.#makeRecords();
    this.#slices = this.#makeSlices();
    this.#teller = this.#makeTeller();
    this.#report = this.#makeReport();
    this.loop = this.#makeLoop();
  }

  get podView(): PodView {
    return this.#declaration.podView;
  }

  /** The version of the pods that its record rests on. */
  get recordPodsVersion(): ResourceVersion | undefined {
    const { record } = this.#records.seen();
    return record.kind === 'present' ? record.podsVersion : undefined;
  }

  /** A complete list has shown that no pod ever had this version. */
  disbelieve(version: ResourceVersion): void {
    this.#pods.disbelieve(version);
  }

  state(): SingletonState {
    const { namespace, name } = this;
    const { mode, epoch } = this.#records;
    return { namespace, name, decision: this.#lastDecision, epoch, mode };
  }

  /** Undefined where no traffic is moved, or its Service is not there. */
  get trafficMode(): Mode | undefined {
    return this.#traffic?.seenService === undefined ? undefined : this.#records.mode;
  }

  /** What keeps traffic from where it should go, one sentence each. */
  get trafficProblems(): readonly string[] {
    return this.#traffic?.problems ?? [];
  }

  /** What keeps the application from hearing of its role, one sentence each. */
  get notifyProblems(): readonly string[] {
    return this.#teller.problems;
  }

  /** Who is being told is told anew, over the channels that there are now. */
  channelsChanged(): void {
    this.#teller.channelsChanged();
  }

  /** Neither pods nor a record: only its epoch is remembered. */
  get isGone(): boolean {
    return this.#pods.isEmpty && this.#records.isAbsent;
  }

  sayProblem(podName: string, problem: string): void {
    this.#log.write('warn', `${podName}: ${problem}`, { pod: podName });
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    this.#slices?.stop();
    this.#teller.stop();
  }

  #makeTraffic(): DirectTraffic | undefined {
    const { direct } = this.#surroundings;
    const { serviceName } = this.#declaration;
    if (direct === undefined || serviceName === undefined) return undefined;
    return new DirectTraffic({
      namespace: this.namespace,
      serviceName,
      services: direct.services,
      pods: this.#pods,
    });
  }

  #makeRecords(): SingletonRecords {
    const { direct, labelsRecords, calls, clock } = this.#surroundings;
    const traffic = this.#traffic;
    return new SingletonRecords({
      namespace: this.namespace,
      singletonName: this.name,
      calls,
      clock,
      pods: this.#pods,
      labels: labelsRecords,
      direct: direct === undefined || traffic === undefined ? undefined : { ...direct, traffic },
    });
  }

  #makeSlices(): ServiceSlices | undefined {
    const { serviceName } = this.#declaration;
    if (this.#traffic === undefined || serviceName === undefined) return undefined;
    return new ServiceSlices({
      ...this.#surroundings,
      namespace: this.namespace,
      serviceName,
      log: this.#log,
      onSettled: () => {
        this.loop.wake(this.#surroundings.clock.now());
        this.loop.step();
      },
      onBug: (error) => this.#sayBug(error),
    });
  }

  #makeTeller(): Teller {
    return new Teller({
      ...this.#surroundings,
      namespace: this.namespace,
      singletonName: this.name,
      log: this.#log,
      channels: this.#declaration.channels,
      isStillDue: (effect) => this.#isTellDue(effect),
      onTold: (pod) => void this.#pods.applyOwnWrite(pod, this.#surroundings.clock.now()),
      onChanged: () => this.loop.step(),
      onBug: (error) => this.#sayBug(error),
    });
  }

  #isTellDue({ pod, role, epoch, incarnation }: TellEffect): boolean {
    const { sight, clock } = this.#surroundings;
    // A stale view must not tell either: another life may listen there by now, and somebody else have the role.
    if (role === 'active' && sight(clock.now()).kind === 'blind') return false;
    if (this.#records.isUnknown) return true;
    if (role === 'active')
      return this.#records.names(epoch, pod) && this.#pods.isIncarnation(pod.uid, incarnation);
    // Who is leaving steps down too. Who has been given the role again since does not.
    const member = this.#pods.memberByUid(pod.uid);
    const isActiveAgain = this.#records.epoch > epoch && this.#records.holds(pod);
    return member !== undefined && incarnationOf(member) === incarnation && !isActiveAgain;
  }

  #makeReport(): SingletonReport {
    return new SingletonReport({
      ...this.#surroundings,
      namespace: this.namespace,
      singletonName: this.name,
      log: this.#log,
      onMoved: this.#declaration.onMoved,
      containersEndedAtMs: ({ uid }) => this.#pods.containersEndedAtMs(uid),
    });
  }

  #makeLoop(): SingletonLoop {
    const { clock, role, mayAct } = this.#surroundings;
    const runner = new Runner({
      namespace: this.namespace,
      clock,
      calls: this.#surroundings.calls,
      pods: this.#pods,
      records: this.#records,
      teller: this.#teller,
    });
    return new SingletonLoop({
      ...this.#surroundings,
      role,
      mayAct: () => mayAct(this.namespace),
      buildView: (now) => this.#view(now),
      run: (decision, seenAt, decidedAt) => runner.run(decision, seenAt, decidedAt),
      settleRecord: () => this.#records.settle(),
      isRecordUnsettled: () => this.#records.isUnsettled,
      podVersion: (uid) => this.#pods.memberByUid(uid)?.resourceVersion,
      onDecided: (decision, view) => {
        this.#lastDecision = decision;
        this.#report.decided(decision, view);
        this.#slices?.follow(this.#sliceTask(view, decision, mayAct(this.namespace)));
        this.#declaration.onDecided?.(decision, view);
      },
      onPassEnded: (decision, report, actedAs) => this.#report.passEnded(decision, report, actedAs),
      onBug: (error) => this.#sayBug(error),
    });
  }

  #view(now: MonotonicMs): SingletonView {
    const { nodes, sight } = this.#surroundings;
    const { podView, settings, epochFloor, request, refused, versions } = this.#declaration;
    const records = this.#records.seen();
    this.#noteEpochs(records, now);
    const present = records.record.kind === 'present' ? records.record : undefined;
    const seen = sight(now);
    return buildView({
      name: this.name,
      settings: settings(),
      pods: this.#pods,
      podsSeenVersion: podView.seenVersion(this.namespace),
      records,
      ...(versions?.() ?? noVersions),
      epochFloor: epochFloor(),
      movedAt: this.#movedAt,
      epochSeenAt: this.#latest?.at,
      request: request?.(seen.kind === 'clear' ? present : undefined),
      isHolderReached: this.#slices?.reaches(present?.holder?.uid) === true,
      othersMayLead: this.#othersMayLead,
      nodes,
      sight: seen,
      telling: this.#teller.telling,
      steppingDown: this.#teller.steppingDown,
      refused: refused?.(),
    });
  }

  /** What the record said when it was seen first says nothing of when that was. */
  #noteEpochs({ record, highestEpoch }: SeenRecords, now: MonotonicMs): void {
    if (highestEpoch !== noEpoch && highestEpoch !== this.#latest?.epoch)
      this.#latest = { epoch: highestEpoch, at: now };
    if (record.kind !== 'present' || record.epoch === this.#seenEpoch) return;
    if (this.#seenEpoch !== undefined) this.#movedAt = now;
    this.#seenEpoch = record.epoch;
  }

  /** It may have had a selector between two versions of it that were seen, and left more behind. */
  get #serviceVersion(): string {
    const { uid, resourceVersion } = this.#traffic?.service ?? { uid: '', resourceVersion: '' };
    return `${uid}/${resourceVersion}`;
  }

  get #othersMayLead(): boolean {
    return this.#records.mode === 'Direct' && this.#slices?.isClear(this.#serviceVersion) === false;
  }

  /** Of what Kubernetes makes of the Service's endpoints, what is still to be put right. */
  #sliceTask(
    { record, otherRecord, settings }: SingletonView,
    { because }: Decision,
    acts: boolean,
  ): SliceTask {
    if (!acts || settings.paused) return noTask;
    // Where it decides to wait for that there need not be a record yet.
    if (because.code === 'EndpointsLeft') return { kind: 'clear', service: this.#serviceVersion };
    if (record.kind !== 'present' || record.holder === undefined) return noTask;
    if (record.traffic.kind === 'by-record') return { kind: 'clear', service: this.#serviceVersion };
    const isLeft = otherRecord.kind === 'retired' && otherRecord.leadsTo !== undefined;
    return isLeft ? { kind: 'await', holderUid: record.holder.uid } : noTask;
  }

  #sayBug(error: unknown): void {
    this.#surroundings.metrics.bug('singleton');
    this.#log.write('error', 'a bug: this singleton is tried again later, the others go on', { error });
  }
}
