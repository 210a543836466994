/**
 * Owns what the API server itself takes away with a Service: the Endpoints object of its name, whoever made it.
 * Must not touch slices: those that belong to the Service are the garbage collector's.
 * (kubernetes pkg/registry/core/service/storage/storage.go afterDelete)
 */
import { resourceTypes } from '../resource-types.ts';
import type { Store } from '../store.ts';

export function takeEndpointsWithServices(store: Store): void {
  store.subscribe(resourceTypes.services, ({ type, object }) => {
    const { namespace, name } = object.metadata;
    if (type === 'DELETED' && store.get(resourceTypes.endpoints, namespace, name) !== undefined)
      store.delete(resourceTypes.endpoints, namespace, name);
  });
}
