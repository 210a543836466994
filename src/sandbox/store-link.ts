/**
 * Owns the way of one component (a kubelet, the controllers) to the API: in-process, and cuttable as a network is.
 * While it is cut every call fails and no event arrives; afterwards the component is told to look at everything again.
 * Must not interpret objects.
 */
import type { StoreListener } from './api/collection.ts';
import type { DeleteOptions } from './api/deletion.ts';
import type { Patch } from './api/patches/patch.ts';
import type { ResourceType, ResourceTypes } from './api/resource-types.ts';
import type { ListOptions, Store, WriteOptions } from './api/store.ts';
import type { StoredObject } from './api/stored-object.ts';

export class ApiUnreachableError extends Error {
  readonly code = 'API_UNREACHABLE';
  readonly retry = 'relist';

  constructor() {
    super('the API server cannot be reached from here');
    this.name = 'ApiUnreachableError';
  }
}

export class StoreLink {
  readonly #store: Store;
  readonly #onReconnected = new Set<() => void>();
  readonly #cuts = new Set<string>();

  constructor(store: Store) {
    this.#store = store;
  }

  get connected(): boolean {
    return this.#cuts.size === 0;
  }

  /** Cut for a reason; it heals when no reason is left. */
  cut(reason: string): void {
    this.#cuts.add(reason);
  }

  heal(reason: string): void {
    if (!this.#cuts.delete(reason) || !this.connected) return;
    for (const run of this.#onReconnected) run();
  }

  /** Calls `run` each time the link is whole again: events were missed, everything must be looked at. */
  onReconnected(run: () => void): void {
    this.#onReconnected.add(run);
  }

  subscribe(type: ResourceType, listener: StoreListener): () => void {
    return this.#store.subscribe(type, (event) => {
      if (this.connected) listener(event);
    });
  }

  /** Every type's changes, those of types that come later too. */
  subscribeToAll(listener: StoreListener): () => void {
    return this.#store.subscribeToAll((event) => {
      if (this.connected) listener(event);
    });
  }

  /** See Store.admit. Part of the API server itself, cut or not. */
  admit(type: ResourceType, give: (object: StoredObject) => StoredObject): void {
    this.#store.admit(type, give);
  }

  /** The types served at this moment. */
  get types(): ResourceTypes {
    return this.#store.types;
  }

  get(type: ResourceType, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#reachable().get(type, namespace, name);
  }

  list(type: ResourceType, options?: ListOptions): readonly StoredObject[] {
    return this.#reachable().list(type, options);
  }

  create(type: ResourceType, object: object): StoredObject {
    return this.#reachable().create(type, object);
  }

  update(type: ResourceType, object: object, options?: WriteOptions): StoredObject {
    return this.#reachable().update(type, object, options);
  }

  patch(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Patch,
    options?: WriteOptions,
  ): StoredObject {
    return this.#reachable().patch(type, namespace, name, patch, options);
  }

  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): StoredObject {
    return this.#reachable().delete(type, namespace, name, options);
  }

  #reachable(): Store {
    if (!this.connected) throw new ApiUnreachableError();
    return this.#store;
  }
}
