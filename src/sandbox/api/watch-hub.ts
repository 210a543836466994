/**
 * Owns the fan-out of one kind's changes to its watchers: only those of the namespace are asked, and an event is
 * encoded once for each form, however many watchers there are. Must not know requests or time-outs: watch.ts does.
 */
import type { StoreEvent } from './collection.ts';
import { oneText, type WatchEventType, watchLine } from './encoding.ts';
import { type FieldSelector, matchesFields } from './field-selector.ts';
import { type LabelSelector, matchesLabels } from './label-selector.ts';
import type { AnswerForm } from './negotiation.ts';
import type { ResourceType } from './resource-types.ts';
import type { Store } from './store.ts';
import { type StoredObject, withMetadata } from './stored-object.ts';

export interface WatchFilter {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly labelSelector: LabelSelector;
  readonly fieldSelector: FieldSelector;
  readonly form: AnswerForm;
}

export function passes(filter: WatchFilter, object: StoredObject): boolean {
  return (
    matchesLabels(filter.labelSelector, object.metadata.labels) && matchesFields(filter.fieldSelector, object)
  );
}

/** What a watcher with this filter sees of an event: entering its selection is ADDED, leaving it DELETED. */
function seenAs(
  filter: WatchFilter,
  event: StoreEvent,
): { readonly type: WatchEventType; readonly object: StoredObject } | undefined {
  const { object, previous } = event;
  const before = previous !== undefined && passes(filter, previous);
  const now = event.type !== 'DELETED' && passes(filter, object);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object };
  if (!before || previous === undefined) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', object };
  return {
    type: 'DELETED',
    object: withMetadata(previous, { resourceVersion: object.metadata.resourceVersion }),
  };
}

type Lines = Map<string, string>;

/** Lines are kept with their event for as long as anyone keeps the event. */
const linesOf = new WeakMap<StoreEvent, Lines>();

/** The line for an event; `withHeaders` only concerns tables. */
export function eventLine(
  filter: WatchFilter,
  event: StoreEvent,
  wallTimeMs: number,
  withHeaders: boolean,
): string | undefined {
  const seen = seenAs(filter, event);
  if (seen === undefined) return undefined;
  const { type, form } = filter;
  // A table's ages depend on the moment: no line of it is used twice.
  if (form.kind === 'table')
    return watchLine(seen.type, oneText(type, seen.object, form, wallTimeMs, withHeaders));
  const key = `${seen.type} ${form.kind} ${type.apiVersion}`;
  const lines: Lines = linesOf.get(event) ?? new Map<string, string>();
  linesOf.set(event, lines);
  const known = lines.get(key);
  if (known !== undefined) return known;
  const line = watchLine(seen.type, oneText(type, seen.object, form, wallTimeMs));
  lines.set(key, line);
  return line;
}

export interface Watcher {
  readonly namespace: string | undefined;
  deliver(event: StoreEvent): void;
}

export class WatchHub {
  readonly #store: Store;
  readonly #byKind = new Map<string, Map<string | undefined, Set<Watcher>>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Returns how to leave again. */
  join(type: ResourceType, watcher: Watcher): () => void {
    const byNamespace = this.#watchersOf(type);
    const watchers = byNamespace.get(watcher.namespace) ?? new Set<Watcher>();
    byNamespace.set(watcher.namespace, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && byNamespace.get(watcher.namespace) === watchers)
        byNamespace.delete(watcher.namespace);
    };
  }

  #watchersOf(type: ResourceType): Map<string | undefined, Set<Watcher>> {
    const known = this.#byKind.get(type.storageKey);
    if (known !== undefined) return known;
    const byNamespace = new Map<string | undefined, Set<Watcher>>();
    this.#byKind.set(type.storageKey, byNamespace);
    this.#store.subscribe(type, (event) => {
      const { namespace } = event.object.metadata;
      for (const watcher of byNamespace.get(undefined) ?? []) watcher.deliver(event);
      if (namespace !== undefined)
        for (const watcher of byNamespace.get(namespace) ?? []) watcher.deliver(event);
    });
    return byNamespace;
  }
}
