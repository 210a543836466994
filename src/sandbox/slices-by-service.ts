/**
 * Owns which EndpointSlices belong to which Service, whoever writes them, so that a change of one looks at no others.
 * It is as fresh as the store for whoever subscribes after it.
 */
import { resourceTypes } from './api/resource-types.ts';
import type { StoredObject } from './api/stored-object.ts';
import type { StoreLink } from './store-link.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** On slices that no proxy looks at, whatever their Service is. */
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';

/** "namespace/name" of the slice's Service; undefined for a slice that names none. */
export function serviceKeyOfSlice({ metadata }: StoredObject): string | undefined {
  const service = metadata.labels?.[SERVICE_NAME_LABEL];
  return service === undefined ? undefined : `${metadata.namespace ?? ''}/${service}`;
}

export class SlicesByService {
  readonly #link: StoreLink;
  readonly #unsubscribe: () => void;
  readonly #byService = new Map<string, Map<string, StoredObject>>();

  constructor(link: StoreLink) {
    this.#link = link;
    this.#unsubscribe = link.subscribe(resourceTypes.endpointslices, ({ type, object, previous }) => {
      if (previous !== undefined) this.#remove(previous);
      if (type !== 'DELETED') this.#put(object);
    });
    link.onReconnected(() => this.#fill());
    this.#fill();
  }

  of(serviceKey: string): readonly StoredObject[] {
    return [...(this.#byService.get(serviceKey)?.values() ?? [])];
  }

  close(): void {
    this.#unsubscribe();
  }

  #fill(): void {
    this.#byService.clear();
    for (const slice of this.#link.list(resourceTypes.endpointslices)) this.#put(slice);
  }

  #put(slice: StoredObject): void {
    const key = serviceKeyOfSlice(slice);
    if (key === undefined) return;
    const slices = this.#byService.get(key) ?? new Map<string, StoredObject>();
    this.#byService.set(key, slices.set(slice.metadata.uid, slice));
  }

  #remove(slice: StoredObject): void {
    const key = serviceKeyOfSlice(slice);
    const slices = key === undefined ? undefined : this.#byService.get(key);
    slices?.delete(slice.metadata.uid);
    if (key !== undefined && slices?.size === 0) this.#byService.delete(key);
  }
}
