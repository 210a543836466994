/**
 * Owns what is said about one singleton: log lines, Kubernetes Events, metrics and timelines.
 * Must not be on the way of a write: it speaks after the request is sent or answered.
 */
import type { Decision, PodReference } from '../core/decision.ts';
import type { ControllerRole } from '../core/hold-back.ts';
import type { ReasonCode } from '../core/reasons.ts';
import type { SingletonView } from '../core/view.ts';
import type { Clock, MonotonicMs } from '../time/clock.ts';
import { describeFailure } from './api-calls.ts';
import type { Events } from './events.ts';
import type { Log, LogLevel } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { DeleteEffect, PassReport } from './runner.ts';
import { describePhases, type Moments, phasesOf, type Timeline, type TimelineRing } from './timeline.ts';

export interface SingletonReportOptions {
  readonly namespace: string;
  readonly singletonName: string;
  readonly controllerName: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly events: Events;
  readonly timelines: TimelineRing;
  readonly onMoved: ((timeline: Timeline) => void) | undefined;
  /** When the containers of this pod ended, in wall ms, as far as the kubelet has said. */
  readonly containersEndedAtMs: (pod: PodReference) => number | undefined;
}

/** A role that is moving: its timeline is complete when the label is written. */
interface Move {
  readonly decision: Decision;
  readonly moments: Moments;
  readonly role: ControllerRole;
  readonly before: Before;
}

/** How it stood when the decision was made. */
interface Before {
  readonly holder: PodReference | undefined;
  readonly containersEndedAtMs: number | undefined;
}

/** Reasons that people have to know of, because nothing happens. */
const warnings: ReadonlySet<ReasonCode> = new Set([
  'NoFitStandby',
  'AwaitingProof',
  'CriticalDeleteHeldBack',
  'CrashLooping',
  'TrafficCorrected',
  'Paused',
]);

/** What every singleton would say at once: the controller says it, once. */
const saidOnce: ReadonlySet<ReasonCode> = new Set([
  'NotSynced',
  'Blind',
  'StalePods',
  'StaleSingleton',
  'RecordUnknown',
]);

/** The kubelet says when these ended; for the others, lateness means nothing. */
const endedContainers: ReadonlySet<ReasonCode> = new Set([
  'HolderCriticalDeath',
  'HolderRestarted',
  'HolderStopped',
]);

export class SingletonReport {
  readonly #options: SingletonReportOptions;
  #said: string | undefined;
  #before: Before = { holder: undefined, containersEndedAtMs: undefined };
  #move: Move | undefined;

  constructor(options: SingletonReportOptions) {
    this.#options = options;
  }

  decided(decision: Decision, view: SingletonView): void {
    const holder = view.record.kind === 'present' ? view.record.holder : undefined;
    const containersEndedAtMs = holder === undefined ? undefined : this.#options.containersEndedAtMs(holder);
    this.#before = { holder, containersEndedAtMs };
    if (decision.effects.length === 0) this.#say(decision);
  }

  passEnded(decision: Decision, report: PassReport, role: ControllerRole): void {
    for (const deleted of report.deleted) this.#reportDelete(deleted);
    this.#followMove(decision, report, role);
    const { end } = report;
    if (end.kind === 'failed') {
      this.#options.log.write('warn', `${end.what}: ${describeFailure(end.failure)}`, {
        code: decision.because.code,
      });
    } else if (end.kind === 'lost') {
      // Somebody else moves the role now: what comes of ours is not its timeline.
      this.#move = undefined;
      this.#options.log.write('debug', 'another controller was first', { code: decision.because.code });
    } else if (!report.recordWritten && report.deleted.length === 0) {
      this.#say(decision);
    }
  }

  /** Where nothing is done, or only tended to: said when it changes. */
  #say({ because, holder, judged }: Decision): void {
    const said = `${because.code} ${because.sentence}`;
    if (said === this.#said) return;
    this.#said = said;
    const isWarning = warnings.has(because.code);
    const level: LogLevel = saidOnce.has(because.code) ? 'debug' : isWarning ? 'warn' : 'info';
    this.#options.log.write(level, because.sentence, { code: because.code, holder: holder?.name });
    const concerned = this.#before.holder ?? holder ?? judged[0];
    if (isWarning && concerned !== undefined)
      this.#event(concerned, 'Warning', because.code, because.sentence);
  }

  #reportDelete({ pod, rule, because }: DeleteEffect): void {
    this.#options.metrics.podDeleted(rule);
    this.#options.log.write('info', because.sentence, { code: because.code, deleted: pod.name, rule });
    this.#event(pod, 'Warning', because.code, because.sentence);
  }

  #followMove(decision: Decision, { moments, recordWritten }: PassReport, role: ControllerRole): void {
    if (recordWritten) this.#move = { decision, moments, role, before: this.#before };
    const move = this.#move;
    if (move === undefined) return;
    move.moments.fencedAt ??= moments.fencedAt;
    move.moments.notifiedAt ??= moments.notifiedAt;
    move.moments.routedAt ??= moments.routedAt;
    if (move.moments.routedAt === undefined) return;
    this.#move = undefined;
    this.#publish(move);
  }

  #publish(move: Move): void {
    const timeline = this.#timelineOf(move);
    if (timeline === undefined) return;
    const { log, metrics, timelines } = this.#options;
    timelines.add(timeline);
    metrics.roleMoved(timeline);
    this.#options.onMoved?.(timeline);
    const { sentence, code, from, to, epoch, phasesMs } = timeline;
    this.#said = undefined;
    log.write('info', sentence, { code, from, to, epoch, phasesMs, actedAs: timeline.actedAs });
    const { holder } = move.decision;
    if (holder !== undefined) {
      this.#event(holder, 'Normal', code, `${sentence} (epoch ${epoch}; ${describePhases(phasesMs)})`);
    }
  }

  #timelineOf({ decision, moments, role, before }: Move): Timeline | undefined {
    const write = decision.effects.find((effect) => effect.kind === 'write-record')?.write;
    if (write === undefined) return undefined;
    const seenAtMs = this.#wallTimeOf(moments.seenAt);
    const counts = endedContainers.has(decision.because.code) && before.containersEndedAtMs !== undefined;
    const latenessMs = counts ? seenAtMs - (before.containersEndedAtMs ?? seenAtMs) : undefined;
    return {
      namespace: this.#options.namespace,
      singleton: this.#options.singletonName,
      code: decision.because.code,
      sentence: decision.because.sentence,
      from: before.holder?.name,
      to: write.holder.name,
      epoch: write.epoch,
      controller: this.#options.controllerName,
      actedAs: role,
      seenAtMs,
      phasesMs: phasesOf(moments, latenessMs),
    };
  }

  #wallTimeOf(moment: MonotonicMs): number {
    const { clock } = this.#options;
    return clock.wallTimeMs() - (clock.now() - moment);
  }

  #event(pod: PodReference, type: 'Normal' | 'Warning', reason: ReasonCode, message: string): void {
    this.#options.events.report({ namespace: this.#options.namespace, pod, type, reason, message });
  }
}
