/**
 * Owns what a DELETE does to an object: refuse, mark, mark and remove, or remove.
 * Pure: store.ts carries the plan out. (apiserver pkg/registry/rest/delete.go BeforeDelete,
 * pkg/registry/generic/registry/store.go Delete; for pods pkg/registry/core/pod/strategy.go CheckGracefulDelete)
 */
import { conflict, forbidden } from './api-error.ts';
import { listAt, numberAt, objectAt, stringAt } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { changed, type StoredObject, timestamp, timestampMs, withMetadata } from './stored-object.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly dryRun?: boolean;
}

export type DeletionPlan =
  | { readonly kind: 'pending' }
  | { readonly kind: 'mark'; readonly marked: StoredObject; readonly thenRemove: boolean }
  | { readonly kind: 'remove' };

/** @throws ApiError 409 when a precondition does not hold. */
export function planDeletion(
  type: ResourceType,
  object: StoredObject,
  options: DeleteOptions,
  wallTimeMs: number,
): DeletionPlan {
  checkPreconditions(type, object, options);
  if (type.storageKey === 'namespaces') return planNamespaceDeletion(type, object, wallTimeMs);
  if (object.metadata.deletionTimestamp !== undefined) return planRepeatedDeletion(object, options);
  const finalizers = finalizersAfter(object, options);
  const kept = finalizers.length > 0;
  if (type.storageKey !== 'pods' && !kept) return { kind: 'remove' };
  const graceSeconds = type.storageKey === 'pods' ? podGraceSeconds(object, options) : 0;
  const { generation } = object.metadata;
  const marked = withMetadata(object, {
    finalizers: kept ? finalizers : undefined,
    deletionTimestamp: timestamp(wallTimeMs + graceSeconds * 1000),
    deletionGracePeriodSeconds: graceSeconds,
    generation: generation === undefined ? undefined : generation + 1,
  });
  return { kind: 'mark', marked, thenRemove: !kept && graceSeconds === 0 };
}

/** @throws ApiError 409 */
export function checkPreconditions(type: ResourceType, object: StoredObject, options: DeleteOptions): void {
  const { uid, resourceVersion, name } = object.metadata;
  if (options.uid !== undefined && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    // This check, unlike all others, names the kind where the resource belongs.
    throw conflict({ ...type, plural: type.kind }, name, why);
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict({ ...type, plural: type.kind }, name, why);
  }
}

/** A namespace stays, Terminating, until its content is gone (pkg/registry/core/namespace/storage/storage.go Delete). */
function planNamespaceDeletion(
  type: ResourceType,
  namespace: StoredObject,
  wallTimeMs: number,
): DeletionPlan {
  const { name, deletionTimestamp } = namespace.metadata;
  if (IMMORTAL_NAMESPACES.includes(name)) throw forbidden(type, name, 'this namespace may not be deleted');
  if (deletionTimestamp !== undefined) return { kind: 'pending' };
  const marked = withMetadata(
    changed(namespace, { status: { ...objectAt(namespace, 'status'), phase: 'Terminating' } }),
    {
      deletionTimestamp: timestamp(wallTimeMs),
    },
  );
  return { kind: 'mark', marked, thenRemove: false };
}

const IMMORTAL_NAMESPACES = ['default', 'kube-public', 'kube-system'];

/** A deletion under way may only be made shorter. */
function planRepeatedDeletion(object: StoredObject, options: DeleteOptions): DeletionPlan {
  const { deletionGracePeriodSeconds: granted, deletionTimestamp, finalizers = [] } = object.metadata;
  if (granted === undefined) return finalizers.length > 0 ? { kind: 'pending' } : { kind: 'remove' };
  const asked = atLeastOne(options.gracePeriodSeconds);
  if (asked === undefined || asked >= granted) return { kind: 'pending' };
  const startedMs = (timestampMs(deletionTimestamp) ?? 0) - granted * 1000;
  const marked = withMetadata(object, {
    deletionTimestamp: timestamp(startedMs + asked * 1000),
    deletionGracePeriodSeconds: asked,
  });
  return { kind: 'mark', marked, thenRemove: asked === 0 && finalizers.length === 0 };
}

/** Negative grace periods count as one second. */
function atLeastOne(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds < 0 ? 1 : seconds;
}

function podGraceSeconds(pod: StoredObject, options: DeleteOptions): number {
  const phase = stringAt(pod, 'status', 'phase');
  const unscheduled = (stringAt(pod, 'spec', 'nodeName') ?? '') === '';
  if (unscheduled || phase === 'Failed' || phase === 'Succeeded') return 0;
  return (
    atLeastOne(options.gracePeriodSeconds ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 0) ?? 0
  );
}

const GARBAGE_COLLECTOR_FINALIZERS = ['orphan', 'foregroundDeletion'];

/** The garbage collector's finalizers follow the propagation policy; the others stay. */
function finalizersAfter(object: StoredObject, options: DeleteOptions): readonly string[] {
  const finalizers = object.metadata.finalizers ?? [];
  if (options.propagationPolicy === undefined) return finalizers;
  const others = finalizers.filter((finalizer) => !GARBAGE_COLLECTOR_FINALIZERS.includes(finalizer));
  if (options.propagationPolicy === 'Orphan') return [...others, 'orphan'];
  if (options.propagationPolicy === 'Foreground') return [...others, 'foregroundDeletion'];
  return others;
}

/** True when nothing holds a marked object any more: its last finalizer went, and there is no grace left. */
export function vanishesOnUpdate(object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (object.kind === 'Namespace' && listAt(object, 'spec', 'finalizers').length > 0) return false;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0;
}
