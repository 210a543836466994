/**
 * Owns the controllers' picture of the pods by namespace and by owner, so that no look at one object lists them all.
 * It is as fresh as the store: it hears of a change before any controller that was made after it.
 */
import type { StoreEvent } from '../api/collection.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import type { StoreLink } from '../store-link.ts';

type Pods = Map<string, StoredObject>;

export class KnownPods {
  readonly #link: StoreLink;
  readonly #unsubscribe: () => void;
  readonly #byNamespace = new Map<string, Pods>();
  readonly #byOwner = new Map<string, Pods>();

  constructor(link: StoreLink) {
    this.#link = link;
    this.#unsubscribe = link.subscribe(resourceTypes.pods, (event) => this.#onEvent(event));
    link.onReconnected(() => this.#fill());
    this.#fill();
  }

  inNamespace(namespace: string): readonly StoredObject[] {
    return [...(this.#byNamespace.get(namespace)?.values() ?? [])];
  }

  /** The pods whose controller has this uid. */
  ownedBy(uid: string): readonly StoredObject[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  close(): void {
    this.#unsubscribe();
  }

  #fill(): void {
    this.#byNamespace.clear();
    this.#byOwner.clear();
    for (const pod of this.#link.list(resourceTypes.pods)) this.#put(pod);
  }

  #onEvent({ type, object, previous }: StoreEvent): void {
    if (previous !== undefined) this.#remove(previous);
    if (type !== 'DELETED') this.#put(object);
  }

  #put(pod: StoredObject): void {
    for (const [index, key] of this.#places(pod)) {
      const pods = index.get(key) ?? new Map<string, StoredObject>();
      pods.set(pod.metadata.uid, pod);
      index.set(key, pods);
    }
  }

  #remove(pod: StoredObject): void {
    for (const [index, key] of this.#places(pod)) {
      const pods = index.get(key);
      pods?.delete(pod.metadata.uid);
      if (pods?.size === 0) index.delete(key);
    }
  }

  #places(pod: StoredObject): readonly (readonly [Map<string, Pods>, string])[] {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    const byNamespace = [this.#byNamespace, pod.metadata.namespace ?? ''] as const;
    return owner === undefined ? [byNamespace] : [byNamespace, [this.#byOwner, owner.uid]];
  }
}
