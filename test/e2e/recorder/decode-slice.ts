/**
 * Owns the reading of an EndpointSlice: which pods it names, and how a Service proxy would take each of them.
 * Must not choose among them: checkers do.
 */
import {
  asObject,
  items,
  type JsonObject,
  optionalBoolean,
  optionalObject,
  optionalString,
} from '../../../src/kube/decode.ts';
import { decodeMeta, type ObjectMeta } from '../../../src/kube/decode-meta.ts';

/** On each slice, the name of its Service (discovery.k8s.io/v1, LabelServiceName). */
export const serviceNameLabel = 'kubernetes.io/service-name';

export interface SliceEndpoint {
  readonly podName: string | undefined;
  readonly podUid: string | undefined;
  readonly addresses: readonly unknown[];
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export interface SliceObject extends ObjectMeta {
  readonly service: string | undefined;
  readonly endpoints: readonly SliceEndpoint[];
}

export function decodeSlice(raw: unknown): SliceObject {
  const meta = decodeMeta(raw);
  return {
    ...meta,
    service: meta.labels[serviceNameLabel],
    endpoints: items(asObject(raw), 'endpoints', '', decodeEndpoint),
  };
}

function decodeEndpoint(endpoint: JsonObject): SliceEndpoint {
  const conditions = optionalObject(endpoint, 'conditions', '');
  const target = optionalObject(endpoint, 'targetRef', '');
  // discovery/v1: an absent `ready` is true, an absent `serving` is what `ready` is, an absent `terminating` false.
  const ready = optionalBoolean(conditions, 'ready', 'conditions') ?? true;
  return {
    podName: optionalString(target, 'name', 'targetRef'),
    podUid: optionalString(target, 'uid', 'targetRef'),
    addresses: Array.isArray(endpoint.addresses) ? endpoint.addresses : [],
    ready,
    serving: optionalBoolean(conditions, 'serving', 'conditions') ?? ready,
    terminating: optionalBoolean(conditions, 'terminating', 'conditions') ?? false,
  };
}
