/**
 * Owns how a Kubernetes Event (core/v1) is written, and how its repetition is.
 * Must not decide whether it is worth writing.
 */
import { time } from './encode-lease.ts';
import { type JsonBody, objectBody } from './request.ts';
import { EVENTS } from './resources.ts';

/** The object that an Event is about; `kubectl describe` finds it by these. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** '' for objects that have none. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventNotice {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** One word in UpperCamelCase, for machines. */
  readonly reason: string;
  /** One sentence, for people. */
  readonly message: string;
}

/** Who reports. */
export interface EventReporter {
  readonly component: string;
  /** The pod, or the host. */
  readonly instance: string;
}

/** A notice and how often it has been given. Times are wall-clock ms. */
export interface EventSeries {
  readonly notice: EventNotice;
  readonly name: string;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Longer messages are refused with 422 (apiserver: validation of core/v1 events). */
const MESSAGE_LENGTH_MAX = 1024;

export function eventNamespace(regarding: ObjectReference): string {
  return regarding.namespace === '' ? 'default' : regarding.namespace;
}

export function eventBody(series: EventSeries, reporter: EventReporter): JsonBody {
  const { regarding, type, reason, message } = series.notice;
  const metadata = { name: series.name, namespace: eventNamespace(regarding) };
  return objectBody(EVENTS, metadata, {
    involvedObject: { ...regarding, namespace: regarding.namespace === '' ? undefined : regarding.namespace },
    type,
    reason,
    message: message.slice(0, MESSAGE_LENGTH_MAX),
    source: { component: reporter.component, host: reporter.instance },
    reportingComponent: reporter.component,
    reportingInstance: reporter.instance,
    firstTimestamp: time(series.firstAtMs),
    ...eventRepetition(series),
  });
}

/** The merge patch that counts a repetition. */
export function eventRepetition(series: EventSeries): {
  readonly count: number;
  readonly lastTimestamp: string;
} {
  return { count: series.count, lastTimestamp: time(series.lastAtMs) };
}
