/**
 * Owns how a pod's state reads in one word: Running, Completed, CrashLoopBackOff, Terminating, Init:0/1 … Pure.
 * (kubernetes pkg/printers/internalversion/printers.go printPod)
 */
import { booleanAt, type Json, listAt, numberAt, objectAt, stringAt } from '../json.ts';
import { type StoredObject, timestampMs } from '../stored-object.ts';
import { ageColumn, type Column, humanDuration, nameColumn } from './column.ts';

interface Printed {
  readonly reason: string;
  readonly ready: number;
  readonly restarts: number;
  readonly lastRestartMs: number | undefined;
}

function print(pod: StoredObject): Printed {
  const phase = stringAt(pod, 'status', 'phase') ?? 'Unknown';
  const reason = stringAt(pod, 'status', 'reason') ?? phase;
  const init = initReason(pod);
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const restarts = statuses
    .map((status) => numberAt(status, 'restartCount') ?? 0)
    .reduce((sum, count) => sum + count, 0);
  const running = init === undefined ? containersReason(pod, statuses, reason) : init;
  return {
    reason: pod.metadata.deletionTimestamp === undefined ? running : deletedReason(pod),
    ready: statuses.filter((status) => isReadyAndRunning(status)).length,
    restarts,
    lastRestartMs: lastRestartMs(statuses),
  };
}

function isReadyAndRunning(status: Json): boolean {
  return booleanAt(status, 'ready') === true && isRunning(status);
}

function isRunning(status: Json): boolean {
  return Object.hasOwn(objectAt(status, 'state'), 'running');
}

function deletedReason(pod: StoredObject): string {
  if (stringAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  const phase = stringAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed' ? terminalReason(pod, phase) : 'Terminating';
}

function terminalReason(pod: StoredObject, phase: string): string {
  return containersReason(
    pod,
    listAt(pod, 'status', 'containerStatuses'),
    stringAt(pod, 'status', 'reason') ?? phase,
  );
}

/** Defined while an init container has not ended well. */
function initReason(pod: StoredObject): string | undefined {
  const total = listAt(pod, 'spec', 'initContainers').length;
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const terminated = objectAt(status, 'state', 'terminated');
    const waiting = stringAt(status, 'state', 'waiting', 'reason') ?? '';
    if (numberAt(terminated, 'exitCode') === 0) continue;
    if (Object.keys(terminated).length > 0) return `Init:${terminatedReason(terminated)}`;
    return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function terminatedReason(terminated: Json): string {
  const reason = stringAt(terminated, 'reason') ?? '';
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

/** The last container in trouble gives the word; the first of the list wins, as it is looked at last. */
function containersReason(pod: StoredObject, statuses: readonly Json[], fallback: string): string {
  let reason = fallback;
  for (const status of statuses.toReversed()) {
    const waiting = stringAt(status, 'state', 'waiting', 'reason') ?? '';
    const terminated = objectAt(status, 'state', 'terminated');
    if (waiting !== '') reason = waiting;
    else if (Object.keys(terminated).length > 0) reason = terminatedReason(terminated);
  }
  if (reason !== 'Completed' || !statuses.some(isReadyAndRunning)) return reason;
  const conditions = listAt(pod, 'status', 'conditions');
  const ready = conditions.some(
    (each) => stringAt(each, 'type') === 'Ready' && stringAt(each, 'status') === 'True',
  );
  return ready ? 'Running' : 'NotReady';
}

function lastRestartMs(statuses: readonly Json[]): number | undefined {
  const ended = statuses.map((status) =>
    timestampMs(stringAt(status, 'lastState', 'terminated', 'finishedAt')),
  );
  return ended.reduce(
    (latest, ms) => (ms !== undefined && (latest === undefined || ms > latest) ? ms : latest),
    undefined,
  );
}

function restartsCell(pod: StoredObject, wallTimeMs: number): string {
  const { restarts, lastRestartMs: last } = print(pod);
  return restarts === 0 || last === undefined
    ? String(restarts)
    : `${restarts} (${humanDuration(wallTimeMs - last)} ago)`;
}

function readinessGates(pod: StoredObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates').map((gate) => stringAt(gate, 'conditionType') ?? '');
  if (gates.length === 0) return '<none>';
  const met = listAt(pod, 'status', 'conditions').filter(
    (each) => stringAt(each, 'status') === 'True' && gates.includes(stringAt(each, 'type') ?? ''),
  );
  return `${met.length}/${gates.length}`;
}

function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}

export const podColumns: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    nameColumn,
    { name: 'Ready', cell: (pod) => `${print(pod).ready}/${listAt(pod, 'spec', 'containers').length}` },
    { name: 'Status', cell: (pod) => print(pod).reason },
    { name: 'Restarts', cell: restartsCell },
    ageColumn,
    { name: 'IP', wide: true, cell: (pod) => orNone(stringAt(pod, 'status', 'podIP')) },
    { name: 'Node', wide: true, cell: (pod) => orNone(stringAt(pod, 'spec', 'nodeName')) },
    {
      name: 'Nominated Node',
      wide: true,
      cell: (pod) => orNone(stringAt(pod, 'status', 'nominatedNodeName')),
    },
    { name: 'Readiness Gates', wide: true, cell: readinessGates },
  ],
};
