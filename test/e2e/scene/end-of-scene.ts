/**
 * Owns the end of a scene: the Singleton's status has come to say what there is, and not long after it came about; and one
 * side alone leads the Service.
 * Must not strike or mend anything.
 */
import assert from 'node:assert/strict';
import type { Mode } from '../../../src/api/singleton.ts';
import { words } from '../../../src/controller/words.ts';
import { decodeEndpointSlice, type EndpointSliceObject } from '../../../src/kube/decode-endpoint-slice.ts';
import { accountName } from '../audit/audit-log.ts';
import type { AuditEntry } from '../audit/decode-audit-event.ts';
import { endStateProblems } from '../checkers/end-state.ts';
import { statusLagMs, textOf } from '../checkers/status-lag.ts';
import type { Singleton } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';

/** A lost node's controller may have been the one that writes it: the other one takes its place after 5 s. */
const trueWithinMs = 30_000;
/** Both sides look again within a second. */
const oneSourceWithinMs = 15_000;
/** It is written 100 ms after a change, not twice within 500 ms; the rest is for a busy machine. */
const lagMsMax = 2_000;

/** Of controllers that adopt pods there is none to be held to anything. */
export async function statusTellsTruth(singleton: Singleton, auditMark: number | undefined): Promise<void> {
  const { stage, place } = singleton;
  if (!stage.place.singletons) return;
  const scope = { service: place.service, isMember: singleton.isMember.bind(singleton) };
  await stage.recorder.waitFor(() => {
    const problems = endStateProblems(singleton.history(), scope);
    return problems.length === 0 ? {} : problems.join('; ');
  }, trueWithinMs);
  const asked = await requestsOfControllers(stage, auditMark);
  const own = asked.filter(
    ({ target }) => target?.resource === 'singletons' && target.namespace === place.namespace,
  );
  const refusedUntilMs = own.findLast(isRefused)?.receivedAtMs;
  const notBeforeMs = Math.max(controllersChangedAtMs(stage), refusedUntilMs ?? Number.NEGATIVE_INFINITY);
  const writtenAtMs = own.findLast(({ code }) => code < 300)?.receivedAtMs;
  const lagMs = statusLagMs(singleton.history(), scope, { notBeforeMs, writtenAtMs });
  const late = `the status came ${Math.round(lagMs)} ms after what it tells of`;
  const sinceMs = own.at(-1)?.receivedAtMs ?? 0;
  const texts = [own, asked.filter(isRefused)].map((each) => requestsText(each, sinceMs));
  const said = singleton
    .history()
    .singletons.slice(-3)
    .map(({ status }) => textOf(status));
  assert.ok(
    lagMs <= lagMsMax,
    `${late}; written: ${texts[0]}; refused: ${texts[1]}; it said ${said.join(', then ')}`,
  );
}

/** By when they came, from that moment on. */
function requestsText(asked: readonly AuditEntry[], fromMs: number): string {
  return asked
    .slice(-requestsShownMax)
    .map(
      ({ code, verb, target, receivedAtMs }) =>
        `${verb} ${target?.resource} ${code} at ${Math.round(receivedAtMs - fromMs)} ms`,
    )
    .join(', ');
}

const requestsShownMax = 20;

/** Resolves when one side alone makes the Service's endpoints: the controllers in Direct mode, else Kubernetes. */
export async function oneSourceOf({ stage, place }: Singleton, mode: Mode): Promise<void> {
  const isOurs = ({ labels }: EndpointSliceObject) => labels[words.managedBy] === words.manager;
  await stage.recorder.waitFor(() => {
    const slices = stage.recorder
      .current('endpointslices')
      .map(decodeEndpointSlice)
      .filter(
        ({ namespace, labels }) =>
          namespace === place.namespace && labels[words.serviceName] === place.service,
      );
    const strangers = slices.filter((slice) => isOurs(slice) !== (mode === 'Direct'));
    if (strangers.length > 0) return `the end of ${strangers.map(({ name }) => name).join(', ')}`;
    return slices.length > 0 ? slices : 'a slice of the Service';
  }, oneSourceWithinMs);
}

/**
 * An API server that has just started says for seconds that it does not know of Singletons, or of rights to them, and for
 * how many is not up to who writes.
 */
async function requestsOfControllers(
  { audit, place }: Stage,
  mark: number | undefined,
): Promise<readonly AuditEntry[]> {
  if (audit === undefined || mark === undefined) return [];
  return audit.since(mark, [accountName(place.namespace, place.serviceAccount)]);
}

/** Not a conflict, nor a word about what was written: those are the writer's own. */
function isRefused({ code }: AuditEntry): boolean {
  return [401, 403, 404, 429].includes(code) || code >= 500;
}

/** Who of them writes it may have changed then. */
function controllersChangedAtMs({ recorder, place }: Stage): number {
  const last = recorder.changes.findLast(
    ({ resource, namespace }) => resource === 'pods' && namespace === place.namespace,
  );
  return last?.atMs ?? Number.NEGATIVE_INFINITY;
}
