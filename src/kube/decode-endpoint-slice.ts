/**
 * Owns the reading of a discovery.k8s.io/v1 EndpointSlice.
 * Must not say whom traffic reaches: that takes all slices of a Service.
 */
import {
  asObject,
  items,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  requiredString,
} from './decode.ts';
import { decodeMeta, type ObjectMeta } from './decode-meta.ts';
import { decodeProtocol, type PortProtocol } from './decode-service.ts';

export interface SliceEndpoint {
  /** All of them are one backend; kube-proxy reads the first one. */
  readonly addresses: readonly string[];
  /** Absent counts as true (discovery/v1, EndpointConditions). */
  readonly ready: boolean;
  /** Absent counts as `ready`. */
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly node: string | undefined;
  /** Of the pod that it stands for. */
  readonly targetName: string | undefined;
  readonly targetUid: string | undefined;
}

export interface SlicePort {
  readonly name: string;
  readonly protocol: PortProtocol;
  /** Undefined: all ports. */
  readonly port: number | undefined;
  readonly appProtocol: string | undefined;
}

export interface EndpointSliceObject extends ObjectMeta {
  readonly addressType: string;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

export function decodeEndpointSlice(raw: unknown): EndpointSliceObject {
  const slice = asObject(raw);
  return {
    ...decodeMeta(raw),
    addressType: requiredString(slice, 'addressType', ''),
    endpoints: items(slice, 'endpoints', '', decodeEndpoint),
    ports: items(slice, 'ports', '', decodePort),
  };
}

function decodeEndpoint(item: JsonObject): SliceEndpoint {
  const conditions = optionalObject(item, 'conditions', '');
  const target = optionalObject(item, 'targetRef', '');
  const ready = optionalBoolean(conditions, 'ready', 'conditions') ?? true;
  const { addresses } = item;
  return {
    addresses: Array.isArray(addresses) ? addresses.filter((address) => typeof address === 'string') : [],
    ready,
    serving: optionalBoolean(conditions, 'serving', 'conditions') ?? ready,
    terminating: optionalBoolean(conditions, 'terminating', 'conditions') ?? false,
    node: optionalString(item, 'nodeName', ''),
    targetName: optionalString(target, 'name', 'targetRef'),
    targetUid: optionalString(target, 'uid', 'targetRef'),
  };
}

function decodePort(item: JsonObject): SlicePort {
  return {
    name: optionalString(item, 'name', '') ?? '',
    protocol: decodeProtocol(optionalString(item, 'protocol', '')),
    port: optionalInteger(item, 'port', ''),
    appProtocol: optionalString(item, 'appProtocol', ''),
  };
}
