/**
 * Owns the objects of one kind, in order, and the recent history of their changes.
 * Must not decide anything: what a write means is settled in store.ts before it arrives here.
 */
import { limits } from './limits.ts';
import type { StoredObject } from './stored-object.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** For DELETED: the last state, under the deletion's resourceVersion. */
  readonly object: StoredObject;
  readonly resourceVersion: number;
  /** The state before this event; undefined for ADDED. */
  readonly previous?: StoredObject;
}

export type StoreListener = (event: StoreEvent) => void;

type Objects = Map<string, StoredObject>;

export class Collection {
  readonly listeners = new Set<StoreListener>();
  readonly #byNamespace = new Map<string, Objects>();
  readonly #sorted = new Map<string, readonly StoredObject[]>();
  #history: StoreEvent[] = [];
  #forgottenVersion = 0;

  get(namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#byNamespace.get(namespace ?? '')?.get(name);
  }

  /** In the order of namespace and name, as etcd keeps them. */
  list(namespace?: string): readonly StoredObject[] {
    if (namespace !== undefined) return this.#listOne(namespace);
    return [...this.#byNamespace.keys()].sort().flatMap((each) => this.#listOne(each));
  }

  #listOne(namespace: string): readonly StoredObject[] {
    const known = this.#sorted.get(namespace);
    if (known !== undefined) return known;
    const objects = [...(this.#byNamespace.get(namespace)?.values() ?? [])];
    const sorted = objects.sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
    this.#sorted.set(namespace, sorted);
    return sorted;
  }

  /** Takes one event into the objects and the history. */
  apply(event: StoreEvent): void {
    const { namespace = '', name } = event.object.metadata;
    const objects = this.#byNamespace.get(namespace) ?? new Map<string, StoredObject>();
    if (event.type === 'DELETED') objects.delete(name);
    else objects.set(name, event.object);
    if (objects.size === 0) this.#byNamespace.delete(namespace);
    else this.#byNamespace.set(namespace, objects);
    this.#sorted.delete(namespace);
    this.#remember(event);
  }

  #remember(event: StoreEvent): void {
    this.#history.push(event);
    if (this.#history.length >= 2 * limits.historyEventsPerKind) this.#keepLast(limits.historyEventsPerKind);
  }

  #keepLast(count: number): void {
    const cut = this.#history.length - count;
    if (cut <= 0) return;
    this.#forgottenVersion = this.#history[cut - 1]?.resourceVersion ?? this.#forgottenVersion;
    this.#history = this.#history.slice(cut);
  }

  /** Forgets all history, as a compaction does: every resume from before now gets 410. */
  compact(): void {
    this.#keepLast(0);
  }

  /** The events after `resourceVersion`, in order, or undefined when some of them are forgotten. */
  eventsAfter(resourceVersion: number): readonly StoreEvent[] | undefined {
    if (resourceVersion < this.#forgottenVersion) return undefined;
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.resourceVersion ?? 0) > resourceVersion) high = middle;
      else low = middle + 1;
    }
    return this.#history.slice(low);
  }

  get forgottenVersion(): number {
    return this.#forgottenVersion;
  }

  /** The objects as they were at `resourceVersion`, or undefined when that is forgotten. */
  listAt(resourceVersion: number, namespace?: string): readonly StoredObject[] | undefined {
    const events = this.eventsAfter(resourceVersion);
    if (events === undefined) return undefined;
    if (events.length === 0) return this.list(namespace);
    const key = (object: StoredObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const objects = new Map(this.list(namespace).map((object) => [key(object), object]));
    for (const event of events.toReversed()) {
      if (namespace !== undefined && event.object.metadata.namespace !== namespace) continue;
      if (event.previous === undefined) objects.delete(key(event.object));
      else objects.set(key(event.object), event.previous);
    }
    return [...objects.entries()]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, object]) => object);
  }
}
