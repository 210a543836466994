/**
 * Owns the garbage collector: what belongs to an owner goes when the owner has gone (background), before it does
 * (foreground), or is set free (orphan). (kubernetes pkg/controller/garbagecollector)
 */

import type { StoreEvent } from '../api/collection.ts';
import type { ResourceType } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import type { StoreLink } from '../store-link.ts';
import { type Controller, type ControllerContext, isLeaving } from './controller.ts';
import { WorkQueue } from './work-queue.ts';

interface Place {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
}

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

export function startGarbageCollector(context: Pick<ControllerContext, 'link' | 'clock'>): Controller {
  return new GarbageCollector(context);
}

class GarbageCollector implements Controller {
  readonly #link: StoreLink;
  readonly #places = new Map<string, Place>();
  readonly #ownersOf = new Map<string, readonly string[]>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  constructor({ link, clock }: Pick<ControllerContext, 'link' | 'clock'>) {
    this.#link = link;
    this.#queue = new WorkQueue(clock, (uid) => this.#look(uid));
    this.#stop = link.subscribeToAll((event) => this.#onEvent(event));
    link.onReconnected(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  close(): void {
    this.#queue.close();
    this.#stop();
  }

  #lookAtAll(): void {
    for (const map of [this.#places, this.#ownersOf, this.#dependents]) map.clear();
    const objects = this.#link.types
      .all()
      .flatMap((type) => this.#link.list(type).map((object) => ({ type, object })));
    for (const { type, object } of objects) this.#learn(type, object);
    for (const { object } of objects) this.#ask(object);
  }

  #onEvent({ type: kind, object }: StoreEvent): void {
    const type = this.#link.types.byKind(object.apiVersion, object.kind);
    const { uid } = object.metadata;
    if (kind === 'DELETED') {
      const owners = this.#ownersOf.get(uid) ?? [];
      this.#forget(uid);
      for (const affected of [...(this.#dependents.get(uid) ?? []), ...owners]) this.#queue.add(affected);
    } else if (type !== undefined) {
      this.#learn(type, object);
      this.#ask(object);
    }
  }

  #learn(type: ResourceType, { metadata }: StoredObject): void {
    const { uid, namespace, name, ownerReferences = [] } = metadata;
    this.#forget(uid);
    this.#places.set(uid, { type, namespace, name });
    const owners = ownerReferences.map((owner) => owner.uid);
    if (owners.length === 0) return;
    this.#ownersOf.set(uid, owners);
    for (const owner of owners)
      this.#dependents.set(owner, (this.#dependents.get(owner) ?? new Set()).add(uid));
  }

  #forget(uid: string): void {
    this.#places.delete(uid);
    for (const owner of this.#ownersOf.get(uid) ?? []) {
      const left = this.#dependents.get(owner);
      left?.delete(uid);
      if (left?.size === 0) this.#dependents.delete(owner);
    }
    this.#ownersOf.delete(uid);
  }

  /** Most objects have neither owners nor these finalizers: there is nothing to look at. */
  #ask({ metadata }: StoredObject): void {
    const finalizing = metadata.deletionTimestamp !== undefined && (metadata.finalizers?.length ?? 0) > 0;
    if (finalizing || (metadata.ownerReferences ?? []).some(({ uid }) => !this.#places.has(uid)))
      this.#queue.add(metadata.uid);
  }

  #look(uid: string): void {
    const place = this.#places.get(uid);
    const object = place && this.#link.get(place.type, place.namespace, place.name);
    if (place === undefined || object === undefined || object.metadata.uid !== uid) return;
    const { finalizers = [] } = object.metadata;
    if (isLeaving(object) && finalizers.includes(ORPHAN)) {
      this.#setDependentsFree(place, object);
      return;
    }
    if (isLeaving(object) && finalizers.includes(FOREGROUND)) {
      this.#deleteDependentsFirst(place, object);
      return;
    }
    this.#collect(place, object);
  }

  /** Without any owner left it goes; references to owners that have gone are taken away. */
  #collect(place: Place, object: StoredObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const left = owners.filter((owner) => this.#places.has(owner.uid));
    if (left.length === owners.length) return;
    if (left.length > 0) this.#setMetadata(place, object, { ownerReferences: left });
    else if (!isLeaving(object)) this.#remove(place, object.metadata.uid);
  }

  #setDependentsFree(place: Place, object: StoredObject): void {
    const { uid } = object.metadata;
    for (const { place: below, object: dependent } of this.#dependentsOf(uid)) {
      const others = (dependent.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      this.#setMetadata(below, dependent, { ownerReferences: others });
    }
    this.#removeFinalizer(place, object, ORPHAN);
  }

  #deleteDependentsFirst(place: Place, object: StoredObject): void {
    const below = this.#dependentsOf(object.metadata.uid);
    for (const each of below) if (!isLeaving(each.object)) this.#remove(each.place, each.object.metadata.uid);
    if (this.#dependentsOf(object.metadata.uid).length === 0)
      this.#removeFinalizer(place, object, FOREGROUND);
  }

  #dependentsOf(uid: string): readonly { readonly place: Place; readonly object: StoredObject }[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((each) => {
      const place = this.#places.get(each);
      const object = place && this.#link.get(place.type, place.namespace, place.name);
      return place === undefined || object?.metadata.uid !== each ? [] : [{ place, object }];
    });
  }

  #remove({ type, namespace, name }: Place, uid: string): void {
    this.#link.delete(type, namespace, name, { uid, propagationPolicy: 'Background' });
  }

  #removeFinalizer(place: Place, object: StoredObject, finalizer: string): void {
    this.#setMetadata(place, object, {
      finalizers: (object.metadata.finalizers ?? []).filter((each) => each !== finalizer),
    });
  }

  #setMetadata({ type }: Place, object: StoredObject, fields: object): void {
    this.#link.update(type, { ...object, metadata: { ...object.metadata, ...fields } });
  }
}
