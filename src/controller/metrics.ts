/**
 * Owns the Metrics port: what the controller counts and measures.
 * Must not name a metrics library: prom-metrics.ts does.
 */
import type { NotifyOutcome } from './notify.ts';
import type { Timeline } from './timeline.ts';

export interface Metrics {
  /** From what woke it to the decision made, and the first write sent. */
  decided(durationMs: number): void;
  /** `end` is a label of the metric: one of a handful of words. */
  passEnded(end: string): void;
  roleMoved(timeline: Timeline): void;
  podDeleted(rule: string): void;
  told(outcome: NotifyOutcome['kind']): void;
  requestEnded(method: string, outcome: string, durationMs: number): void;
  watchBroken(resource: string, because: string): void;
  sightChanged(isClear: boolean): void;
  pairRoleChanged(isActive: boolean): void;
  /** A bug met in one part; the others went on. */
  bug(part: string): void;
  /** Read when scraped. */
  onScrape(read: () => ControllerGauges): void;
}

export interface ControllerGauges {
  readonly singletons: number;
  readonly withoutActive: number;
  readonly withoutStandby: number;
  /** Kubernetes Events that were not written. */
  readonly eventsDropped: number;
}

export const noMetrics: Metrics = {
  decided: () => undefined,
  passEnded: () => undefined,
  roleMoved: () => undefined,
  podDeleted: () => undefined,
  told: () => undefined,
  requestEnded: () => undefined,
  watchBroken: () => undefined,
  sightChanged: () => undefined,
  pairRoleChanged: () => undefined,
  bug: () => undefined,
  onScrape: () => undefined,
};
