/**
 * Owns which objects with a selector take in a pod, found by one label each, so that a change of a pod looks at few.
 * It is as fresh as the store for whoever subscribes after it. Must not know what the objects are for.
 */
import { type LabelSelector, matchesLabels } from '../api/label-selector.ts';
import type { ResourceType } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import type { StoreLink } from '../store-link.ts';
import { keyOf } from './controller.ts';

/** Undefined for an object that selects nothing. */
export type SelectorOf = (object: StoredObject) => LabelSelector | undefined;

interface Selecting {
  readonly key: string;
  readonly selector: LabelSelector;
}

export class SelectingObjects {
  readonly #link: StoreLink;
  readonly #type: ResourceType;
  readonly #selectorOf: SelectorOf;
  readonly #unsubscribe: () => void;
  /** By place, then by the object's uid. */
  readonly #byPlace = new Map<string, Map<string, Selecting>>();

  constructor(link: StoreLink, type: ResourceType, selectorOf: SelectorOf) {
    this.#link = link;
    this.#type = type;
    this.#selectorOf = selectorOf;
    this.#unsubscribe = link.subscribe(type, ({ type: kind, object, previous }) => {
      if (previous !== undefined) this.#remove(previous);
      if (kind !== 'DELETED') this.#put(object);
    });
    link.onReconnected(() => this.#fill());
    this.#fill();
  }

  /** Keys of the objects whose selector takes in the pod. */
  of({ metadata }: StoredObject): readonly string[] {
    const { namespace = '', labels = {} } = metadata;
    const keys: string[] = [];
    if (this.#byPlace.size === 0) return keys;
    for (const [label, value] of Object.entries(labels))
      this.#find(labelPlace(namespace, label, value), labels, keys);
    this.#find(anyPlace(namespace), labels, keys);
    return keys;
  }

  #find(place: string, labels: Readonly<Record<string, string>>, keys: string[]): void {
    const objects = this.#byPlace.get(place);
    if (objects === undefined) return;
    for (const { key, selector } of objects.values()) if (matchesLabels(selector, labels)) keys.push(key);
  }

  close(): void {
    this.#unsubscribe();
  }

  #fill(): void {
    this.#byPlace.clear();
    for (const object of this.#link.list(this.#type)) this.#put(object);
  }

  #put(object: StoredObject): void {
    const selector = this.#selectorOf(object);
    if (selector === undefined) return;
    for (const place of placesOf(object.metadata.namespace ?? '', selector)) {
      const objects = this.#byPlace.get(place) ?? new Map<string, Selecting>();
      this.#byPlace.set(place, objects.set(object.metadata.uid, { key: keyOf(object), selector }));
    }
  }

  #remove(object: StoredObject): void {
    const selector = this.#selectorOf(object);
    for (const place of placesOf(object.metadata.namespace ?? '', selector ?? [])) {
      const objects = this.#byPlace.get(place);
      objects?.delete(object.metadata.uid);
      if (objects?.size === 0) this.#byPlace.delete(place);
    }
  }
}

/** Whatever it takes in has one of the values of its first requirement for any; without such a one it may be any pod. */
function placesOf(namespace: string, selector: LabelSelector): readonly string[] {
  for (const requirement of selector) {
    if (requirement.kind !== 'in') continue;
    return requirement.values.map((value) => labelPlace(namespace, requirement.key, value));
  }
  return [anyPlace(namespace)];
}

const labelPlace = (namespace: string, label: string, value: string) => `${namespace} ${label}=${value}`;
const anyPlace = (namespace: string) => namespace;
