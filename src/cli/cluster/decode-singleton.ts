/**
 * Owns the reading of a Singleton as far as the commands show it: who it is, what of its spec is used, its status.
 * Must not judge a spec: the API server and the controller do. What is missing or mistyped in a status is left empty.
 */
import type { SingletonSpec, SingletonStatus } from '../../api/singleton.ts';
import { decodeStatus } from '../../api/status-codec.ts';
import {
  asObject,
  isObject,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  stringMap,
} from '../../kube/decode.ts';
import { decodeMeta, type ObjectMeta } from '../../kube/decode-meta.ts';

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
  const { status } = object;
  return {
    ...decodeMeta(raw),
    spec: decodeSpec(optionalObject(object, 'spec', '') ?? {}),
    status: isObject(status) && status.because !== undefined ? decodeStatus(status) : undefined,
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

function strings(raw: unknown): readonly string[] {
  return Array.isArray(raw) ? raw.filter((item) => typeof item === 'string') : [];
}
