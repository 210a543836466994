/**
 * Owns the reading of a Singleton as far as the commands show it: who it is, what of its spec is used, its status.
 * Must not judge a spec: the API server and the controller do. What is missing or mistyped in a status is left empty.
 */
import type {
  ActiveStatus,
  Because,
  Condition,
  Mode,
  Move,
  SingletonSpec,
  SingletonStatus,
  StandbyStatus,
} from '../../api/singleton.ts';
import {
  asObject,
  isObject,
  items,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  requiredString,
  stringMap,
} from '../../kube/decode.ts';
import { decodeMeta, type ObjectMeta } from '../../kube/decode-meta.ts';
import type { Resource } from '../../kube/resources.ts';

export const SINGLETONS: Resource = {
  group: 'understudy.dev',
  version: 'v1alpha1',
  plural: 'singletons',
  kind: 'Singleton',
  namespaced: true,
};

/** What of the spec the commands use. */
export type UsedSpec = Pick<
  SingletonSpec,
  'matchLabels' | 'service' | 'criticalContainers' | 'safety' | 'onDemote' | 'tripwirePort' | 'paused'
>;

export interface SingletonObject extends ObjectMeta {
  readonly spec: UsedSpec;
  /** Undefined until a controller has looked at it. */
  readonly status: SingletonStatus | undefined;
}

/** Throws a DecodeError. */
export function decodeSingleton(raw: unknown): SingletonObject {
  const object = asObject(raw);
  const status = optionalObject(object, 'status', '');
  return {
    ...decodeMeta(raw),
    spec: decodeSpec(optionalObject(object, 'spec', '') ?? {}),
    status: status === undefined || status.because === undefined ? undefined : decodeStatus(status),
  };
}

function decodeSpec(spec: JsonObject): UsedSpec {
  return {
    matchLabels: stringMap(optionalObject(spec, 'selector', 'spec'), 'matchLabels', 'spec.selector'),
    service: optionalString(spec, 'service', 'spec'),
    criticalContainers: strings(optionalObject(spec, 'critical', 'spec')?.containers),
    safety: spec.safety === 'Strict' ? 'Strict' : 'Prompt',
    onDemote: spec.onDemote === 'Notify' ? 'Notify' : 'Restart',
    tripwirePort: optionalInteger(optionalObject(spec, 'tripwire', 'spec'), 'port', 'spec.tripwire'),
    paused: optionalBoolean(spec, 'paused', 'spec') ?? false,
  };
}

function decodeStatus(status: JsonObject): SingletonStatus {
  const active = optionalObject(status, 'active', 'status');
  return {
    observedGeneration: optionalInteger(status, 'observedGeneration', 'status') ?? 0,
    mode: decodeMode(status.mode),
    active: active === undefined ? undefined : decodeActive(active),
    epoch: optionalInteger(status, 'epoch', 'status') ?? 0,
    ready: optionalString(status, 'ready', 'status') ?? '',
    standbys: items(status, 'standbys', 'status', decodeStandby),
    conditions: items(status, 'conditions', 'status', decodeCondition),
    history: items(status, 'history', 'status', decodeMove),
    failovers: optionalInteger(status, 'failovers', 'status') ?? 0,
    switchovers: optionalInteger(status, 'switchovers', 'status') ?? 0,
    because: decodeBecause(optionalObject(status, 'because', 'status')),
  };
}

function decodeMode(mode: unknown): Mode | undefined {
  return mode === 'Direct' || mode === 'Labels' ? mode : undefined;
}

function decodeActive(active: JsonObject): ActiveStatus {
  return {
    pod: requiredString(active, 'pod', ''),
    uid: requiredString(active, 'uid', ''),
    node: optionalString(active, 'node', ''),
    epoch: optionalInteger(active, 'epoch', '') ?? 0,
    since: optionalString(active, 'since', '') ?? '',
  };
}

function decodeStandby(standby: JsonObject): StandbyStatus {
  return {
    pod: requiredString(standby, 'pod', ''),
    node: optionalString(standby, 'node', ''),
    fit: optionalBoolean(standby, 'fit', '') ?? false,
    because: optionalString(standby, 'because', '') ?? '',
  };
}

function decodeCondition(condition: JsonObject): Condition {
  const { status } = condition;
  return {
    // Another version may know more types than this one: they are shown all the same.
    type: requiredString(condition, 'type', '') as Condition['type'],
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: optionalString(condition, 'reason', '') ?? '',
    message: optionalString(condition, 'message', '') ?? '',
    observedGeneration: optionalInteger(condition, 'observedGeneration', '') ?? 0,
    lastTransitionTime: optionalString(condition, 'lastTransitionTime', '') ?? '',
  };
}

function decodeMove(move: JsonObject): Move {
  return {
    kind: move.kind === 'Election' || move.kind === 'Switchover' ? move.kind : 'Failover',
    because: decodeBecause(optionalObject(move, 'because', '')),
    from: optionalString(move, 'from', ''),
    to: requiredString(move, 'to', ''),
    epoch: optionalInteger(move, 'epoch', '') ?? 0,
    at: optionalString(move, 'at', '') ?? '',
    by: optionalString(move, 'by', '') ?? '',
    phasesMs: numbers(move.phasesMs),
  };
}

function decodeBecause(because: JsonObject | undefined): Because {
  return {
    code: optionalString(because, 'code', 'because') ?? '',
    sentence: optionalString(because, 'sentence', 'because') ?? '',
  };
}

function strings(raw: unknown): readonly string[] {
  return Array.isArray(raw) ? raw.filter((item) => typeof item === 'string') : [];
}

function numbers(raw: unknown): Readonly<Record<string, number>> {
  const entries = isObject(raw) ? Object.entries(raw) : [];
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (typeof value === 'number' ? [[key, value] as const] : [])),
  );
}
