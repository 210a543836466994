/**
 * Owns what each kind's registry does to an object on its way in: which parts a writer may set, and the server's own fields.
 * Pure. Must not check values: that is validate.ts. (kubernetes pkg/registry, the strategy.go of each kind)
 */

import { withServiceFamilies } from './defaults/service-defaults.ts';
import { withCreationDefaults, withDefaults } from './defaults.ts';
import { at, frozenObject, type JsonObject, jsonEquals, objectAt } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { changed, type StoredObject, withMetadata } from './stored-object.ts';

/** Which part of an object a write is for; undefined: all but the status. */
export type WritableSubresource = 'status' | 'scale' | 'binding' | 'finalize';

export interface Identity {
  readonly name: string;
  readonly uid: string;
  readonly creationTimestamp: string;
}

/** A new object with the server's fields set, the writer's status dropped where the kind has a status subresource. */
export function prepareForCreate(type: ResourceType, object: StoredObject, identity: Identity): StoredObject {
  const own = withMetadata(object, {
    ...identity,
    generation: type.countsGenerations || type.custom ? 1 : undefined,
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    selfLink: undefined,
    managedFields: undefined,
  });
  return withCreationDefaults(
    type,
    withDefaults(type, startingStatus(type, own)),
    identity.creationTimestamp,
  );
}

function startingStatus(type: ResourceType, object: StoredObject): StoredObject {
  // A node registers with its status (pkg/registry/core/node/strategy.go keeps it).
  if (!type.subresources.includes('status') || type.storageKey === 'nodes') return object;
  if (type.custom) return changed(object, { status: undefined });
  return changed(object, { status: {} });
}

/** `next` as it may be stored over `current`: what the writer may not change through this subresource is put back. */
export function prepareForUpdate(
  type: ResourceType,
  current: StoredObject,
  next: StoredObject,
  subresource: WritableSubresource | undefined,
): StoredObject {
  const merged = writableParts(type, current, next, subresource);
  const defaulted = subresource === undefined ? withUpdateDefaults(type, current, merged) : merged;
  return withMetadata(defaulted, {
    name: current.metadata.name,
    namespace: current.metadata.namespace,
    uid: current.metadata.uid,
    resourceVersion: current.metadata.resourceVersion,
    creationTimestamp: current.metadata.creationTimestamp,
    generateName: current.metadata.generateName,
    deletionTimestamp: current.metadata.deletionTimestamp,
    deletionGracePeriodSeconds: current.metadata.deletionGracePeriodSeconds,
    // A binding is no change that somebody asked for: a pod begins its life with generation 1.
    generation:
      subresource === 'binding' ? current.metadata.generation : nextGeneration(type, current, defaulted),
    selfLink: undefined,
    managedFields: undefined,
  });
}

function withUpdateDefaults(type: ResourceType, current: StoredObject, merged: StoredObject): StoredObject {
  const filled = withDefaults(type, merged);
  return type.storageKey === 'services' ? withServiceFamilies(filled, current) : filled;
}

function writableParts(
  type: ResourceType,
  current: StoredObject,
  next: StoredObject,
  subresource: WritableSubresource | undefined,
): StoredObject {
  switch (subresource) {
    case undefined:
      return type.subresources.includes('status') ? changed(next, { status: current.status }) : next;
    case 'status':
      return changed(current, {
        status: next.status,
        metadata: type.custom ? current.metadata : statusMetadata(current, next),
      });
    case 'scale':
      return changed(current, {
        spec: { ...objectAt(current, 'spec'), replicas: at(next, 'spec', 'replicas') },
      });
    case 'binding':
      return changed(current, {
        spec: { ...objectAt(current, 'spec'), nodeName: at(next, 'spec', 'nodeName') },
        status: next.status,
      });
    case 'finalize':
      return changed(current, {
        spec: { ...objectAt(current, 'spec'), finalizers: at(next, 'spec', 'finalizers') },
      });
  }
}

/** A status write of a built-in kind may carry labels, annotations and finalizers, but not owners. */
function statusMetadata(current: StoredObject, next: StoredObject): JsonObject {
  return frozenObject({ ...next.metadata, ownerReferences: current.metadata.ownerReferences });
}

function nextGeneration(type: ResourceType, current: StoredObject, next: StoredObject): number | undefined {
  const { generation } = current.metadata;
  if (!(type.countsGenerations || type.custom)) return undefined;
  return contentEquals(type, current, next) ? (generation ?? 1) : (generation ?? 0) + 1;
}

/**
 * Equal but for metadata and status. A slice's labels count too (pkg/registry/discovery/endpointslice/strategy.go), and the
 * status of a custom resource that has no subresource for it.
 */
function contentEquals(type: ResourceType, left: StoredObject, right: StoredObject): boolean {
  const { metadata: leftMetadata, status: _leftStatus, ...leftContent } = left;
  const { metadata: rightMetadata, status: _rightStatus, ...rightContent } = right;
  const statusCounts = type.custom && !type.subresources.includes('status');
  if (statusCounts && !jsonEquals(left.status, right.status)) return false;
  const labelsCount = type.storageKey === 'endpointslices.discovery.k8s.io';
  if (labelsCount && !jsonEquals(leftMetadata.labels ?? {}, rightMetadata.labels ?? {})) return false;
  return jsonEquals(leftContent, rightContent);
}
