/**
 * Owns which Services could select a pod, by one label of their selector each, so that a change of a pod looks at few.
 * It is as fresh as the store for whoever subscribes after it.
 */
import { stringsAt } from '../api/json.ts';
import { matchesLabels, selectorOfLabels } from '../api/label-selector.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import type { StoreLink } from '../store-link.ts';
import { keyOf } from './controller.ts';

export function selectorLabels(service: StoredObject): Readonly<Record<string, string>> {
  return stringsAt(service, 'spec', 'selector');
}

export class SelectingServices {
  readonly #link: StoreLink;
  readonly #unsubscribe: () => void;
  readonly #byLabel = new Map<string, Map<string, StoredObject>>();

  constructor(link: StoreLink) {
    this.#link = link;
    this.#unsubscribe = link.subscribe(resourceTypes.services, ({ type, object, previous }) => {
      if (previous !== undefined) this.#remove(previous);
      if (type !== 'DELETED') this.#put(object);
    });
    link.onReconnected(() => this.#fill());
    this.#fill();
  }

  /** Keys of the Services whose selector takes in the pod. */
  of({ metadata }: StoredObject): readonly string[] {
    const { namespace = '', labels = {} } = metadata;
    return Object.entries(labels).flatMap((label) =>
      [...(this.#byLabel.get(labelKey(namespace, label))?.values() ?? [])]
        .filter((service) => matchesLabels(selectorOfLabels(selectorLabels(service)), labels))
        .map(keyOf),
    );
  }

  close(): void {
    this.#unsubscribe();
  }

  #fill(): void {
    this.#byLabel.clear();
    for (const service of this.#link.list(resourceTypes.services)) this.#put(service);
  }

  #put(service: StoredObject): void {
    const key = firstLabelKey(service);
    if (key === undefined) return;
    const services = this.#byLabel.get(key) ?? new Map<string, StoredObject>();
    this.#byLabel.set(key, services.set(service.metadata.uid, service));
  }

  #remove(service: StoredObject): void {
    const key = firstLabelKey(service);
    const services = key === undefined ? undefined : this.#byLabel.get(key);
    services?.delete(service.metadata.uid);
    if (key !== undefined && services?.size === 0) this.#byLabel.delete(key);
  }
}

function firstLabelKey(service: StoredObject): string | undefined {
  const [first] = Object.entries(selectorLabels(service));
  return first === undefined ? undefined : labelKey(service.metadata.namespace ?? '', first);
}

function labelKey(namespace: string, [label, value]: readonly [string, string]): string {
  return `${namespace} ${label}=${value}`;
}
