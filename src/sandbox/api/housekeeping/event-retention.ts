/**
 * Owns how many events the store keeps: the oldest go first. The real server lets them expire after an hour;
 * a bound by number needs no timer and holds in a storm of events too.
 */
import { limits } from '../limits.ts';
import { resourceTypes } from '../resource-types.ts';
import type { Store } from '../store.ts';

export function retainRecentEvents(store: Store): void {
  const oldestFirst = new Map<string, { readonly namespace: string | undefined; readonly name: string }>();
  store.subscribe(resourceTypes.events, ({ type, object }) => {
    const { uid, namespace, name } = object.metadata;
    if (type === 'DELETED') oldestFirst.delete(uid);
    if (type !== 'ADDED') return;
    oldestFirst.set(uid, { namespace, name });
    const [oldest] = oldestFirst;
    if (oldestFirst.size <= limits.storedEvents || oldest === undefined) return;
    oldestFirst.delete(oldest[0]);
    const found = store.get(resourceTypes.events, oldest[1].namespace, oldest[1].name);
    if (found?.metadata.uid === oldest[0])
      store.delete(resourceTypes.events, oldest[1].namespace, oldest[1].name);
  });
}
