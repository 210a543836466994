/**
 * Owns the names and buckets of the metrics, in Prometheus' format.
 * Must not measure: who measures calls the Metrics port.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ControllerGauges, Metrics } from './metrics.ts';
import type { Timeline } from './timeline.ts';

/** From a tenth of a millisecond, where a decision lies, to the seconds of a fence. In seconds, as Prometheus asks. */
const buckets = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

const phaseNames = ['lateness', 'decide', 'record', 'fence', 'route', 'notify', 'total'] as const;

export interface PromMetrics extends Metrics {
  readonly registry: Registry;
}

export function promMetrics(): PromMetrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `understudy_${name}`, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name: `understudy_${name}`, help, labelNames, buckets, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: `understudy_${name}`, help, registers });

  const decisions = histogram('decision_seconds', 'From the event to the first write on its way.', []);
  const passes = counter('passes_total', 'Passes by how they ended.', ['end']);
  const moves = counter('role_moves_total', 'Role changes that this controller carried out, by reason.', [
    'code',
    'acted_as',
  ]);
  const phases = histogram('role_move_phase_seconds', 'Phases of the role changes.', ['phase']);
  const deletes = counter('pod_deletes_total', 'Pods deleted, by rule.', ['rule']);
  const tells = counter('tells_total', 'Notices to applications by what became of them.', ['outcome']);
  const requests = histogram('api_request_seconds', 'Requests to the API server.', ['method', 'outcome']);
  const broken = counter('watch_broken_total', 'Watches that broke, by resource and cause.', [
    'resource',
    'because',
  ]);
  const sight = gauge('sight_clear', '1 while this controller may trust what it sees.');
  const active = gauge('controller_active', '1 while this controller is the active one of its group.');
  const bugs = counter('bugs_total', 'Errors that should not exist, by the part that met them.', ['part']);

  return {
    registry,
    decided: (durationMs) => decisions.observe(durationMs / 1_000),
    passEnded: (end) => passes.inc({ end }),
    roleMoved: (timeline) => {
      moves.inc({ code: timeline.code, acted_as: timeline.actedAs });
      observePhases(phases, timeline);
    },
    podDeleted: (rule) => deletes.inc({ rule }),
    told: (outcome) => tells.inc({ outcome }),
    requestEnded: (method, outcome, durationMs) => requests.observe({ method, outcome }, durationMs / 1_000),
    watchBroken: (resource, because) => broken.inc({ resource, because }),
    sightChanged: (isClear) => sight.set(isClear ? 1 : 0),
    pairRoleChanged: (isActive) => active.set(isActive ? 1 : 0),
    bug: (part) => bugs.inc({ part }),
    onScrape: (read) => registerGauges(registry, read),
  };
}

function observePhases(phases: Histogram<'phase'>, { phasesMs }: Timeline): void {
  for (const phase of phaseNames) {
    const durationMs = phasesMs[phase];
    if (durationMs !== undefined) phases.observe({ phase }, durationMs / 1_000);
  }
}

function registerGauges(registry: Registry, read: () => ControllerGauges): void {
  const register = (name: string, help: string, value: (gauges: ControllerGauges) => number) =>
    new Gauge({
      name: `understudy_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value(read()));
      },
    });
  register('singletons', 'Singletons known to this controller.', (gauges) => gauges.singletons);
  register('singletons_without_active', 'Singletons that nobody holds.', (gauges) => gauges.withoutActive);
  register(
    'singletons_without_standby',
    'Singletons with no fit standby.',
    (gauges) => gauges.withoutStandby,
  );
  register('events_dropped', 'Kubernetes Events that were not written.', (gauges) => gauges.eventsDropped);
}
