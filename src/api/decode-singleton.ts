/**
 * Owns the reading of a Singleton: who it is, and what it asks for or what is wrong with that.
 * Must not let a wrong one pass, whatever the API server let in: an older definition may be in force there.
 */
import {
  asObject,
  DecodeError,
  type JsonObject,
  optionalInteger,
  optionalObject,
  optionalString,
  requiredObject,
  requiredString,
  stringMap,
} from '../kube/decode.ts';
import { decodeMeta, type ObjectIdentity } from '../kube/decode-meta.ts';
import { type Conformed, conform } from './conform.ts';
import { limits } from './limits.ts';
import type { NotifySpec, SingletonSpec, SingletonStatus } from './singleton.ts';
import { nameDefinition, specDefaults, specDefinition } from './singleton-definition.ts';
import { decodeStatus } from './status-codec.ts';

/** All of a Singleton but what it asks for. */
export interface SingletonHead extends ObjectIdentity {
  /** Grows with each change of the spec. */
  readonly generation: number;
  readonly createdAtMs: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339; undefined unless it is being deleted. */
  readonly deletionTimestamp: string | undefined;
  /** As it was written last, by whichever controller. */
  readonly status: SingletonStatus | undefined;
}

export interface SingletonObject extends SingletonHead {
  readonly spec: SingletonSpec;
}

export type DecodedSingleton =
  | { readonly kind: 'singleton'; readonly object: SingletonObject }
  | {
      readonly kind: 'invalid';
      readonly head: SingletonHead;
      /** One line each, with the field: for its condition Accepted. At least one, at most limits.problemsMax. */
      readonly problems: readonly string[];
    };

/** @throws DecodeError where it can't even be said whose problems they are. */
export function decodeSingleton(raw: unknown): DecodedSingleton {
  const object = asObject(raw);
  const head = headOf(object);
  const named = conform(nameDefinition, head.name, 'metadata.name');
  const { value, problems } = conformSpec(object.spec);
  const all = [...named.problems, ...problems];
  if (all.length > 0) return { kind: 'invalid', head, problems: all.slice(0, limits.problemsMax) };
  return { kind: 'singleton', object: { ...head, spec: specOf(asObject(value, 'spec')) } };
}

function conformSpec(raw: unknown): Conformed {
  if (raw === undefined || raw === null) return { value: undefined, problems: ['spec: is required'] };
  return conform(specDefinition, raw, 'spec');
}

function headOf(object: JsonObject): SingletonHead {
  const { namespace, name, uid, resourceVersion, createdAtMs, annotations } = decodeMeta(object);
  const metadata = requiredObject(object, 'metadata', '');
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    createdAtMs,
    annotations,
    generation: optionalInteger(metadata, 'generation', 'metadata') ?? 1,
    deletionTimestamp: optionalString(metadata, 'deletionTimestamp', 'metadata'),
    status: decodeStatus(object.status),
  };
}

/** Of a spec that conforms. */
function specOf(spec: JsonObject): SingletonSpec {
  const selector = requiredObject(spec, 'selector', 'spec');
  return {
    matchLabels: stringMap(selector, 'matchLabels', 'spec.selector'),
    service: optionalString(spec, 'service', 'spec'),
    criticalContainers: stringsOf(optionalObject(spec, 'critical', 'spec')?.containers),
    notify: notifyOf(optionalObject(spec, 'notify', 'spec')),
    safety: spec.safety === 'Strict' ? 'Strict' : 'Prompt',
    onDemote: spec.onDemote === 'Notify' ? 'Notify' : 'Restart',
    stepDownMs: optionalInteger(spec, 'stepDownMs', 'spec') ?? specDefaults.stepDownMs,
    tripwirePort: optionalInteger(optionalObject(spec, 'tripwire', 'spec'), 'port', 'spec.tripwire'),
    promotionGate: optionalString(spec, 'promotionGate', 'spec'),
    minFailoverIntervalSeconds:
      optionalInteger(spec, 'minFailoverIntervalSeconds', 'spec') ?? specDefaults.minFailoverIntervalSeconds,
    drainTimeoutSeconds:
      optionalInteger(spec, 'drainTimeoutSeconds', 'spec') ?? specDefaults.drainTimeoutSeconds,
    paused: spec.paused === true,
    minEpoch: optionalInteger(spec, 'minEpoch', 'spec') ?? specDefaults.minEpoch,
  };
}

function notifyOf(notify: JsonObject | undefined): NotifySpec {
  const udp = optionalObject(notify, 'udp', 'spec.notify');
  const http = optionalObject(notify, 'http', 'spec.notify');
  return {
    udp: udp && {
      port: portOf(udp, 'spec.notify.udp'),
      format: udp.format === 'json' ? 'json' : 'ancestor',
    },
    http: http && {
      port: portOf(http, 'spec.notify.http'),
      path: requiredString(http, 'path', 'spec.notify.http'),
    },
  };
}

function portOf(channel: JsonObject, path: string): number {
  const port = optionalInteger(channel, 'port', path);
  if (port === undefined) throw new DecodeError(`${path}.port`, 'an integer');
  return port;
}

function stringsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}
