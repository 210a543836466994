/**
 * Owns what the recorder keeps: each change of an object with the time of its arrival, and where it could not see.
 * Must not interpret an object: history.ts does.
 */
import type { JsonObject } from '../../../src/kube/decode.ts';
import {
  ENDPOINT_SLICES,
  EVENTS,
  LEASES,
  NODES,
  PODS,
  type Resource,
  SERVICES,
  SINGLETONS,
} from '../../../src/kube/resources.ts';

export const recordedResources = {
  pods: PODS,
  leases: LEASES,
  nodes: NODES,
  events: EVENTS,
  services: SERVICES,
  endpointslices: ENDPOINT_SLICES,
  singletons: SINGLETONS,
} satisfies Readonly<Record<string, Resource>>;

export type ResourceName = keyof typeof recordedResources;

export interface RecordedChange {
  readonly resource: ResourceName;
  /**
   * `vanished`: gone when all was listed anew. When, and whether it had changed before, was not seen; its version is that
   * of the list.
   */
  readonly kind: 'applied' | 'deleted' | 'vanished';
  /** Machine time at which it was heard. */
  readonly atMs: number;
  /** The resourceVersion: etcd's revision, one order for all resources. */
  readonly version: bigint;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** As it was after the change; before it, where it is gone. */
  readonly object: JsonObject;
  /** It stood in a list, and may have come about earlier than it was heard. */
  readonly listed: boolean;
}

/** A time in which a watch was lost. Changes of that time came late; some not at all where all was listed anew. */
export interface Hole {
  readonly resource: ResourceName;
  readonly fromMs: number;
  /** Undefined: it is still open. */
  readonly untilMs: number | undefined;
  readonly relisted: boolean;
  readonly because: string;
}
