/**
 * Owns pods that no node runs, for tests of what controllers make of pods. Must not be used by anything else.
 */
import { resourceTypes } from '../api/resource-types.ts';
import { decodeObject, type StoredObject } from '../api/stored-object.ts';

export interface PodTraits {
  readonly node?: string;
  readonly phase?: string;
  /** Since when, or not at all. */
  readonly ready?: boolean | string;
  readonly cost?: string;
  readonly created?: string;
  readonly restarts?: number;
  readonly ip?: string;
  readonly leaving?: boolean;
  /** The uid of its ReplicaSet. */
  readonly owner?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
}

export function imaginedPod(name: string, traits: PodTraits = {}): StoredObject {
  const { node = 'node1', phase = 'Running', ready = true, created = '2026-01-01T00:00:00Z' } = traits;
  const since = typeof ready === 'string' ? ready : '2026-01-01T00:00:10Z';
  return decodeObject(resourceTypes.pods, {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      creationTimestamp: created,
      labels: traits.labels ?? {},
      ...(traits.cost === undefined
        ? {}
        : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': traits.cost } }),
      ...(traits.leaving ? { deletionTimestamp: created } : {}),
      ...(traits.owner === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'o', uid: traits.owner, controller: true },
            ],
          }),
    },
    spec: { ...(node === '' ? {} : { nodeName: node }), ...traits.spec },
    status: {
      phase,
      ...(traits.ip === undefined ? {} : { podIP: traits.ip }),
      containerStatuses: [{ name: 'c', restartCount: traits.restarts ?? 0 }],
      conditions: [{ type: 'Ready', status: ready === false ? 'False' : 'True', lastTransitionTime: since }],
      ...traits.status,
    },
  });
}
