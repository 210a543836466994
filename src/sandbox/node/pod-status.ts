/**
 * Owns how the states of a pod's containers become its PodStatus: phase, conditions, container statuses.
 * Pure, and the same for every node. (kubelet: pkg/kubelet/kubelet_pods.go getPhase and generateAPIPodStatus,
 * pkg/kubelet/status/generate.go)
 */
import { type Json, type JsonObject, listAt, stringAt } from '../api/json.ts';
import { timestamp } from '../api/stored-object.ts';
import { type ContainerRecord, type ContainerState, isReady } from './container-record.ts';
import type { Pod } from './decode-pod.ts';

export interface PodObservation {
  readonly pod: Pod;
  /** In the order of the spec. */
  readonly init: readonly ContainerRecord[];
  readonly containers: readonly ContainerRecord[];
  readonly podIp: string | undefined;
  readonly hostIp: string;
  /** When the node took the pod on, wall-clock ms. */
  readonly startedAtMs: number;
  /** Every container has ended and none will start again: the phase becomes a terminal one. */
  readonly ended: boolean;
  readonly nowMs: number;
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** The whole status. Conditions of `previous` that the node does not own stay as they are. */
export function podStatus(observation: PodObservation, previous: JsonObject): JsonObject {
  const { pod, podIp, hostIp, init, containers } = observation;
  const phase = phaseOf(observation);
  return {
    ...previous,
    observedGeneration: pod.generation,
    phase: shownPhase(observation, phase, previous),
    conditions: conditionsOf(observation, phase, listAt(previous, 'conditions')),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime: stringAt(previous, 'startTime') ?? timestamp(observation.startedAtMs),
    ...(init.length === 0
      ? {}
      : { initContainerStatuses: init.map((record) => containerStatus(record, initReady(record))) }),
    containerStatuses: containers
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .map((record) => containerStatus(record, isReady(record))),
    qosClass: stringAt(previous, 'qosClass') ?? 'BestEffort',
  };
}

/** A terminal phase is a promise that nothing runs any more: until then the one before it stays (mergePodStatus). */
function shownPhase({ ended }: PodObservation, phase: Phase, previous: JsonObject): string {
  const isTerminal = phase === 'Succeeded' || phase === 'Failed';
  return isTerminal && !ended ? (stringAt(previous, 'phase') ?? 'Pending') : phase;
}

/** An init container that ran to its end counts as ready; a sidecar as any other container. */
function initReady(record: ContainerRecord): boolean {
  return record.sidecar ? isReady(record) : isCompleted(record);
}

function isCompleted(record: ContainerRecord): boolean {
  return record.state.kind === 'terminated' && record.state.exitCode === 0;
}

/** True when nothing of the init sequence stands before the main containers any more. */
export function isInitialized(init: readonly ContainerRecord[]): boolean {
  return init.every((record) => (record.sidecar ? record.started : isCompleted(record)));
}

export function phaseOf({ pod, init, containers, ended }: PodObservation): Phase {
  if (ended) return containers.every(isCompleted) && isInitialized(init) ? 'Succeeded' : 'Failed';
  if (!isInitialized(init)) {
    const failed = init.some(
      (record) => !record.sidecar && record.state.kind === 'terminated' && !isCompleted(record),
    );
    return failed && pod.restartPolicy === 'Never' ? 'Failed' : 'Pending';
  }
  const neverRan = (record: ContainerRecord) =>
    record.state.kind === 'waiting' && record.lastEnd === undefined;
  if (containers.some(neverRan)) return 'Pending';
  if (containers.some((record) => record.state.kind !== 'terminated') || pod.restartPolicy === 'Always')
    return 'Running';
  if (containers.every(isCompleted)) return 'Succeeded';
  return pod.restartPolicy === 'Never' ? 'Failed' : 'Running';
}

interface ConditionValue {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

function conditionsOf(observation: PodObservation, phase: Phase, previous: readonly Json[]): readonly Json[] {
  const own = [
    {
      type: 'PodReadyToStartContainers',
      status: observation.podIp === undefined || observation.ended ? 'False' : 'True',
    } as const,
    initialized(observation, phase),
    ready(observation, phase, previous),
    containersReady(observation, phase),
    { type: 'PodScheduled', status: 'True' } as const,
  ];
  const kept = previous.filter((condition) => !own.some(({ type }) => type === stringAt(condition, 'type')));
  return [...own.map((value) => withTransition(value, previous, observation)), ...kept];
}

function withTransition(
  value: ConditionValue,
  previous: readonly Json[],
  { pod, nowMs }: PodObservation,
): JsonObject {
  const before = previous.find((condition) => stringAt(condition, 'type') === value.type);
  const kept =
    stringAt(before, 'status') === value.status ? stringAt(before, 'lastTransitionTime') : undefined;
  const times = { lastProbeTime: null, lastTransitionTime: kept ?? timestamp(nowMs) };
  return { ...value, observedGeneration: pod.generation, ...times };
}

function initialized({ init, pod }: PodObservation, phase: Phase): ConditionValue {
  if (phase === 'Succeeded') return { type: 'Initialized', status: 'True', reason: 'PodCompleted' };
  const waiting = init.filter((record) => !(record.sidecar ? record.started : isCompleted(record)));
  if (waiting.length === 0) return { type: 'Initialized', status: 'True' };
  const names = namesOf(
    pod.initContainers.filter(({ name }) => waiting.some((record) => record.name === name)),
  );
  const message = `containers with incomplete status: ${names}`;
  return { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message };
}

function containersReady({ init, containers }: PodObservation, phase: Phase): ConditionValue {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unready = [...init.filter((record) => record.sidecar), ...containers].filter(
    (record) => !isReady(record),
  );
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${namesOf(unready)}`,
  };
}

function ready(observation: PodObservation, phase: Phase, previous: readonly Json[]): ConditionValue {
  const containers = containersReady(observation, phase);
  if (containers.status === 'False') return { ...containers, type: 'Ready' };
  const isTrue = (gate: string) =>
    previous.some(
      (condition) => stringAt(condition, 'type') === gate && stringAt(condition, 'status') === 'True',
    );
  const missing = observation.pod.readinessGates.filter((gate) => !isTrue(gate));
  if (missing.length === 0) return { type: 'Ready', status: 'True' };
  const message = missing.map(
    (gate) => `corresponding condition of pod readiness gate "${gate}" does not exist or is not True.`,
  );
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: message.join(' ') };
}

function namesOf(containers: readonly { readonly name: string }[]): string {
  return `[${containers.map(({ name }) => name).join(' ')}]`;
}

function containerStatus(record: ContainerRecord, isContainerReady: boolean): JsonObject {
  const { state, lastEnd } = record;
  const containerId = state.kind === 'waiting' ? lastEnd?.containerId : state.containerId;
  return {
    name: record.name,
    state: stateOf(state),
    lastState: lastEnd === undefined ? {} : stateOf(lastEnd),
    ready: isContainerReady,
    restartCount: record.restartCount,
    image: record.image,
    imageID: record.imageId,
    ...(containerId === undefined ? {} : { containerID: containerId }),
    started: state.kind === 'running' && record.started,
  };
}

function stateOf(state: ContainerState): JsonObject {
  switch (state.kind) {
    case 'waiting':
      return {
        waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) },
      };
    case 'running':
      return { running: { startedAt: timestamp(state.startedAtMs) } };
    case 'terminated':
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.reason,
          ...(state.message === undefined ? {} : { message: state.message }),
          startedAt: timestamp(state.startedAtMs),
          finishedAt: timestamp(state.finishedAtMs),
          containerID: state.containerId,
        },
      };
  }
}
