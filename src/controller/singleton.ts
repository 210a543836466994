/**
 * Owns the parts of one singleton, put together: its pods, record, tells, runner and loop.
 * Must not hold logic of its own: each part does one thing, and this is where they meet.
 */
import type { Decision } from '../core/decision.ts';
import type { ControllerRole } from '../core/hold-back.ts';
import { incarnationOf } from '../core/member.ts';
import type { Settings, Sight, SingletonView } from '../core/view.ts';
import type { Clock, MonotonicMs, Random } from '../time/clock.ts';
import type { NotifyChannel } from '../wire/notify-channel.ts';
import type { ApiCalls } from './api-calls.ts';
import type { Events } from './events.ts';
import { LimitedLog, type Log, withFields } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { NodeView } from './node-view.ts';
import type { Notifier } from './notify.ts';
import type { PodView } from './pod-view.ts';
import type { RecordView } from './record-view.ts';
import { RecordWriter } from './record-writer.ts';
import { Runner } from './runner.ts';
import { SingletonLoop } from './singleton-loop.ts';
import type { SingletonPods } from './singleton-pods.ts';
import { SingletonReport } from './singleton-report.ts';
import { buildView } from './singleton-view.ts';
import { type TellEffect, Teller } from './teller.ts';
import type { TimelineRing } from './timeline.ts';

/** What all singletons of a controller share. */
export interface SingletonSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly notifier: Notifier;
  /** Over these the applications are told. */
  readonly channels: readonly NotifyChannel[];
  readonly timelines: TimelineRing;
  readonly calls: ApiCalls;
  readonly records: RecordView;
  readonly nodes: NodeView;
  readonly settings: Settings;
  readonly controllerName: string;
  readonly sight: (now: MonotonicMs) => Sight;
  readonly role: () => ControllerRole;
  /** False while permissions are missing that deciding in this namespace needs. */
  readonly mayAct: (namespace: string) => boolean;
}

export interface SingletonState {
  readonly namespace: string;
  readonly name: string;
  readonly decision: Decision | undefined;
  readonly epoch: number;
}

export class Singleton {
  readonly namespace: string;
  readonly name: string;
  readonly loop: SingletonLoop;
  readonly #surroundings: SingletonSurroundings;
  readonly #podView: PodView;
  readonly #pods: SingletonPods;
  readonly #log: Log;
  readonly #teller: Teller;
  readonly #recordWriter: RecordWriter;
  readonly #report: SingletonReport;
  #lastDecision: Decision | undefined;

  constructor(name: string, podView: PodView, pods: SingletonPods, surroundings: SingletonSurroundings) {
    this.namespace = pods.namespace;
    this.name = name;
    this.#surroundings = surroundings;
    this.#podView = podView;
    this.#pods = pods;
    const { clock, log } = surroundings;
    this.#log = new LimitedLog(withFields(log, { singleton: `${this.namespace}/${name}` }), clock);
    this.#recordWriter = new RecordWriter({
      ...surroundings,
      namespace: this.namespace,
      singletonName: name,
    });
    this.#teller = this.#makeTeller();
    this.#report = this.#makeReport();
    this.loop = this.#makeLoop();
  }

  state(): SingletonState {
    const { namespace, name } = this;
    const known = this.#surroundings.records.recordOf(namespace, name);
    return {
      namespace,
      name,
      decision: this.#lastDecision,
      epoch: known.kind === 'present' ? known.record.epoch : 0,
    };
  }

  /** Neither pods nor a record: only its epoch is remembered. */
  get isGone(): boolean {
    return (
      this.#pods.isEmpty && this.#surroundings.records.recordOf(this.namespace, this.name).kind === 'absent'
    );
  }

  sayProblem(podName: string, problem: string): void {
    this.#log.write('warn', `${podName}: ${problem}`, { pod: podName });
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    this.#teller.stop();
  }

  #makeTeller(): Teller {
    return new Teller({
      ...this.#surroundings,
      namespace: this.namespace,
      singletonName: this.name,
      log: this.#log,
      channels: () => this.#surroundings.channels,
      isStillDue: (effect) => this.#isTellDue(effect),
      onTold: (pod) => void this.#pods.applyOwnWrite(pod, this.#surroundings.clock.now()),
      onChanged: () => this.loop.step(),
      onBug: (error) => this.#sayBug(error),
    });
  }

  #isTellDue({ pod, role, epoch, incarnation }: TellEffect): boolean {
    const known = this.#surroundings.records.recordOf(this.namespace, this.name);
    if (known.kind === 'unknown') return true;
    if (role === 'active')
      return this.#recordWriter.names(epoch, pod) && this.#pods.isIncarnation(pod.uid, incarnation);
    // Who is leaving steps down too. Who has been given the role again since does not.
    const member = this.#pods.memberByUid(pod.uid);
    const isActiveAgain =
      known.kind === 'present' &&
      known.record.epoch > epoch &&
      this.#recordWriter.names(known.record.epoch, pod);
    return member !== undefined && incarnationOf(member) === incarnation && !isActiveAgain;
  }

  #makeReport(): SingletonReport {
    return new SingletonReport({
      ...this.#surroundings,
      namespace: this.namespace,
      singletonName: this.name,
      log: this.#log,
      containersEndedAtMs: ({ uid }) => this.#pods.containersEndedAtMs(uid),
    });
  }

  #makeLoop(): SingletonLoop {
    const { clock, records, role, mayAct } = this.#surroundings;
    const runner = new Runner({
      namespace: this.namespace,
      clock,
      calls: this.#surroundings.calls,
      pods: this.#pods,
      recordWriter: this.#recordWriter,
      teller: this.#teller,
    });
    return new SingletonLoop({
      ...this.#surroundings,
      role,
      mayAct: () => mayAct(this.namespace),
      buildView: (now) => this.#view(now),
      run: (decision, seenAt, decidedAt) => runner.run(decision, seenAt, decidedAt),
      settleRecord: () => this.#recordWriter.settle(),
      isRecordUnsettled: () =>
        records.isSynced(this.namespace) && records.recordOf(this.namespace, this.name).kind === 'unknown',
      podVersion: (uid) => this.#pods.memberByUid(uid)?.resourceVersion,
      onDecided: (decision, view) => {
        this.#lastDecision = decision;
        this.#report.decided(decision, view);
      },
      onPassEnded: (decision, report, actedAs) => this.#report.passEnded(decision, report, actedAs),
      onBug: (error) => this.#sayBug(error),
    });
  }

  #view(now: MonotonicMs): SingletonView {
    const { namespace, name } = this;
    const { records, nodes, settings, sight } = this.#surroundings;
    return buildView({
      name,
      settings,
      pods: this.#pods,
      podsSeenVersion: this.#podView.seenVersion(namespace),
      record: records.recordOf(namespace, name),
      recordHighestEpoch: records.highestEpoch(namespace, name),
      nodes,
      sight: sight(now),
      telling: this.#teller.telling,
    });
  }

  #sayBug(error: unknown): void {
    this.#surroundings.metrics.bug('singleton');
    this.#log.write('error', 'a bug: this singleton is tried again later, the others go on', { error });
  }
}
