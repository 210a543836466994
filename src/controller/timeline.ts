/**
 * Owns the timeline: the phases of one role change in ms, and the ring of the last ones.
 * Must not read a clock: the loop and the runner bring the moments.
 */
import type { ReasonCode } from '../core/reasons.ts';
import type { MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';

/** The moments of one pass that moved a role, on this controller's monotonic clock. */
export interface Moments {
  readonly seenAt: MonotonicMs;
  readonly decidedAt: MonotonicMs;
  recordWrittenAt?: MonotonicMs | undefined;
  fencedAt?: MonotonicMs | undefined;
  routedAt?: MonotonicMs | undefined;
  notifiedAt?: MonotonicMs | undefined;
}

/** Durations in ms. Each phase starts where the one before it that took place ended; `undefined`: it did not take place. */
export interface TimelinePhases {
  /**
   * From what ended (a container's finishedAt, or the API's deletion time) to this controller seeing it: the kubelet's
   * own lateness and the way through the API. Between two machines' wall clocks, and Kubernetes writes whole seconds.
   */
  readonly lateness: number | undefined;
  readonly decide: number;
  readonly record: number | undefined;
  readonly fence: number | undefined;
  readonly route: number | undefined;
  /** From the record written to the datagram sent: it runs beside `route`. */
  readonly notify: number | undefined;
  /** From seen to routed. */
  readonly total: number;
}

export interface Timeline {
  readonly namespace: string;
  readonly singleton: string;
  readonly code: ReasonCode;
  readonly sentence: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly epoch: number;
  /** Which controller did it, and as what. */
  readonly controller: string;
  readonly actedAs: 'active' | 'backup';
  /** Wall time in ms since 1970 of `seen`, for people. */
  readonly seenAtMs: number;
  readonly phasesMs: TimelinePhases;
}

export function phasesOf(moments: Moments, latenessMs: number | undefined): TimelinePhases {
  const { seenAt, decidedAt, recordWrittenAt, fencedAt, routedAt, notifiedAt } = moments;
  const beforeFence = recordWrittenAt ?? decidedAt;
  const beforeRoute = fencedAt ?? beforeFence;
  return {
    lateness: latenessMs === undefined ? undefined : rounded(Math.max(0, latenessMs)),
    decide: rounded(decidedAt - seenAt),
    record: between(decidedAt, recordWrittenAt),
    fence: between(beforeFence, fencedAt),
    // In Direct mode the record leads traffic: there is nothing to route after it.
    route: routedAt === recordWrittenAt ? undefined : between(beforeRoute, routedAt),
    notify: between(beforeRoute, notifiedAt),
    total: rounded((routedAt ?? beforeRoute) - seenAt),
  };
}

function between(start: MonotonicMs, end: MonotonicMs | undefined): number | undefined {
  return end === undefined ? undefined : rounded(end - start);
}

/** Microseconds are as fine as it gets, and readable. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** One line for people, as in the Event: `record 4.1 ms, route 3.9 ms; 8.3 ms from seen to routed`. */
export function describePhases(phases: TimelinePhases): string {
  const parts = [
    phases.lateness === undefined ? undefined : `known ${shown(phases.lateness)} late`,
    `decided in ${shown(phases.decide)}`,
    phases.record === undefined ? undefined : `record ${shown(phases.record)}`,
    phases.fence === undefined ? undefined : `fence ${shown(phases.fence)}`,
    phases.route === undefined ? undefined : `route ${shown(phases.route)}`,
    phases.notify === undefined ? undefined : `notify ${shown(phases.notify)}`,
  ];
  const list = parts.filter((part) => part !== undefined).join(', ');
  return `${list}; ${shown(phases.total)} from seen to routed`;
}

function shown(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** The last timelines, oldest first. */
export class TimelineRing {
  readonly #timelines: Timeline[] = [];

  add(timeline: Timeline): void {
    this.#timelines.push(timeline);
    if (this.#timelines.length > limits.timelinesMax) this.#timelines.shift();
  }

  list(): readonly Timeline[] {
    return this.#timelines;
  }
}
