/**
 * Owns what a namespace brings along and takes with it: its default service account, and the deletion of all its content.
 * (kubernetes pkg/controller/namespace, pkg/controller/serviceaccount)
 */
import { ApiError } from '../api-error.ts';
import { stringAt } from '../json.ts';
import { resourceTypes } from '../resource-types.ts';
import type { Store } from '../store.ts';
import type { StoredObject } from '../stored-object.ts';

export function keepNamespaces(store: Store): void {
  for (const namespace of store.list(resourceTypes.namespaces))
    addDefaultAccount(store, namespace.metadata.name);
  store.subscribe(resourceTypes.namespaces, ({ type, object }) => {
    if (type === 'ADDED') addDefaultAccount(store, object.metadata.name);
    if (type === 'MODIFIED' && isTerminating(object)) empty(store, object.metadata.name);
  });
  store.subscribeToAll(({ type, object }) => {
    const { namespace } = object.metadata;
    if (type === 'DELETED' && namespace !== undefined) finishWhenEmpty(store, namespace);
  });
}

function isTerminating(namespace: StoredObject | undefined): boolean {
  return stringAt(namespace, 'status', 'phase') === 'Terminating';
}

function addDefaultAccount(store: Store, namespace: string): void {
  if (store.get(resourceTypes.serviceaccounts, namespace, 'default') !== undefined) return;
  store.create(resourceTypes.serviceaccounts, { metadata: { name: 'default', namespace } });
}

function empty(store: Store, namespace: string): void {
  for (const type of store.types.all().filter((each) => each.namespaced)) {
    for (const { metadata } of store.list(type, { namespace })) {
      if (metadata.deletionTimestamp === undefined)
        tolerateMissing(() => store.delete(type, namespace, metadata.name));
    }
  }
  finishWhenEmpty(store, namespace);
}

/** One deletion may have taken the next object along already. */
function tolerateMissing(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}

function finishWhenEmpty(store: Store, name: string): void {
  const namespace = store.get(resourceTypes.namespaces, undefined, name);
  if (namespace === undefined || !isTerminating(namespace)) return;
  const types = store.types.all().filter((type) => type.namespaced);
  if (types.some((type) => store.list(type, { namespace: name }).length > 0)) return;
  store.update(
    resourceTypes.namespaces,
    { ...namespace, spec: { finalizers: [] } },
    { subresource: 'finalize' },
  );
}
