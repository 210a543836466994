/**
 * Owns the binding of a pod to a node, the only way that spec.nodeName is set after creation.
 * (kubernetes pkg/registry/core/pod/storage/storage.go BindingREST)
 */
import { conflict } from './api-error.ts';
import { listAt, objectAt, stringAt } from './json.ts';
import { resourceTypes } from './resource-types.ts';
import type { Store } from './store.ts';
import { changed, type StoredObject, timestamp } from './stored-object.ts';

/**
 * Sets spec.nodeName and the condition PodScheduled.
 * @throws ApiError 404; 409 when the pod has a node, is being deleted, or is not the one with `uid`.
 */
export function bindPod(
  store: Store,
  namespace: string,
  name: string,
  target: { nodeName: string; uid?: string },
): StoredObject {
  const pods = resourceTypes.pods;
  const bindings = { ...pods, plural: 'pods/binding' };
  const pod = store.mustGet(pods, namespace, name);
  const assigned = stringAt(pod, 'spec', 'nodeName') ?? '';
  if (target.uid !== undefined && target.uid !== pod.metadata.uid) {
    throw conflict(
      bindings,
      name,
      `Precondition failed: UID in precondition: ${target.uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  if (pod.metadata.deletionTimestamp !== undefined)
    throw conflict(bindings, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (assigned !== '')
    throw conflict(bindings, name, `pod ${name} is already assigned to node ${JSON.stringify(assigned)}`);
  const bound = boundTo(pod, target.nodeName, store.clock.wallTimeMs());
  return store.update(pods, bound, { subresource: 'binding' });
}

/** The pod with its node, and the condition that says so. */
export function boundTo(pod: StoredObject, nodeName: string, wallTimeMs: number): StoredObject {
  const status = objectAt(pod, 'status');
  const lastTransitionTime = timestamp(wallTimeMs);
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime };
  const others = listAt(status, 'conditions').filter((each) => stringAt(each, 'type') !== 'PodScheduled');
  return changed(pod, {
    spec: { ...objectAt(pod, 'spec'), nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  });
}
