/**
 * Owns the cluster's objects: every write goes through here, gets the next resourceVersion, and is told to the subscribers.
 * Must not know HTTP, processes or sockets: handler.ts speaks for it, controllers and kubelets call it in-process.
 */
import type { Clock, Random } from '../../time/clock.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  MODIFIED_MEANWHILE,
  notFound,
  unexplained,
} from './api-error.ts';
import { Collection, type StoreEvent, type StoreListener } from './collection.ts';
import { type DeleteOptions, planDeletion, vanishesOnUpdate } from './deletion.ts';
import { type FieldSelector, matchesFields } from './field-selector.ts';
import { serveCustomTypes } from './housekeeping/custom-types.ts';
import { retainRecentEvents } from './housekeeping/event-retention.ts';
import { keepNamespaces } from './housekeeping/namespace-content.ts';
import { takeEndpointsWithServices } from './housekeeping/service-endpoints.ts';
import { jsonEquals } from './json.ts';
import { type LabelSelector, matchesLabels } from './label-selector.ts';
import { limits } from './limits.ts';
import { checkNamespaceAcceptsContent, DEFAULT_NAMESPACES } from './namespace-rules.ts';
import { applyPatchTo, type Patch } from './patches/patch.ts';
import { type ResourceType, ResourceTypes, resourceTypes } from './resource-types.ts';
import { decodeObject, type StoredObject, timestamp, withMetadata } from './stored-object.ts';
import { prepareForCreate, prepareForUpdate, type WritableSubresource } from './strategies.ts';
import { generatedName, randomUid } from './unique-names.ts';
import { validateNew, validateUpdate } from './validate.ts';

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: LabelSelector;
  readonly fieldSelector?: FieldSelector;
}

export interface WriteOptions {
  readonly subresource?: WritableSubresource;
  /** Do everything but the write. */
  readonly dryRun?: boolean;
  /** Told of the fields that the kind does not have and that are dropped; may throw an ApiError to refuse the write. */
  readonly onUnknownFields?: (fields: readonly string[]) => void;
}

export class Store {
  readonly types = new ResourceTypes();
  readonly clock: Clock;
  readonly random: Random;
  readonly #collections = new Map<string, Collection>();
  readonly #undelivered: { readonly collection: Collection; readonly event: StoreEvent }[] = [];
  readonly #allListeners = new Set<StoreListener>();
  readonly #admissions = new Map<string, (object: StoredObject) => StoredObject>();
  #delivering = false;
  #resourceVersion = 1;

  constructor(options: { readonly clock: Clock; readonly random: Random }) {
    this.clock = options.clock;
    this.random = options.random;
    for (const name of DEFAULT_NAMESPACES) this.create(resourceTypes.namespaces, { metadata: { name } });
    keepNamespaces(this);
    serveCustomTypes(this);
    retainRecentEvents(this);
    takeEndpointsWithServices(this);
  }

  /** Of the last write to anything. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  collection(type: ResourceType): Collection {
    const known = this.#collections.get(type.storageKey);
    if (known !== undefined) return known;
    const collection = new Collection();
    this.#collections.set(type.storageKey, collection);
    return collection;
  }

  get(type: ResourceType, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.collection(type).get(type.namespaced ? namespace : undefined, name);
  }

  /** @throws ApiError 404 */
  mustGet(type: ResourceType, namespace: string | undefined, name: string): StoredObject {
    const object = this.get(type, namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  }

  list(type: ResourceType, options: ListOptions = {}): readonly StoredObject[] {
    const { labelSelector = [], fieldSelector = [] } = options;
    const objects = this.collection(type).list(type.namespaced ? options.namespace : undefined);
    if (labelSelector.length === 0 && fieldSelector.length === 0) return objects;
    return objects.filter(
      (object) =>
        matchesLabels(labelSelector, object.metadata.labels) && matchesFields(fieldSelector, object),
    );
  }

  /** @throws ApiError 409 AlreadyExists, 422 Invalid, 404 for a missing namespace, 403 for one that is going. */
  create(type: ResourceType, input: object, options: WriteOptions = {}): StoredObject {
    return this.#create(type, decodeObject(type, input, options.onUnknownFields), options);
  }

  #create(type: ResourceType, decoded: StoredObject, options: WriteOptions): StoredObject {
    if (decoded.metadata.resourceVersion !== '')
      throw unexplained('resourceVersion should not be set on objects to be created');
    const placed = this.#placed(type, decoded);
    checkNamespaceAcceptsContent(this, type, placed);
    const admit = this.#admissions.get(type.storageKey) ?? ((object: StoredObject) => object);
    const prepared = admit(
      prepareForCreate(type, placed, {
        name: this.#nameFor(type, placed),
        uid: randomUid(this.random),
        creationTimestamp: timestamp(this.clock.wallTimeMs()),
      }),
    );
    validateNew(type, prepared);
    const { namespace, name } = prepared.metadata;
    if (this.get(type, namespace, name) !== undefined) throw alreadyExists(type, name);
    return options.dryRun ? prepared : this.#commit(type, 'ADDED', prepared);
  }

  #placed(type: ResourceType, object: StoredObject): StoredObject {
    if (!type.namespaced) return withMetadata(object, { namespace: undefined });
    return object.metadata.namespace ? object : withMetadata(object, { namespace: 'default' });
  }

  #nameFor(type: ResourceType, object: StoredObject): string {
    const { name, namespace, generateName = '' } = object.metadata;
    if (name !== '' || generateName === '') return name;
    for (let attempt = 1; ; attempt++) {
      const candidate = generatedName(this.random, generateName);
      if (attempt >= limits.nameGenerationAttempts || this.get(type, namespace, candidate) === undefined)
        return candidate;
    }
  }

  /**
   * Replaces an object. With a resourceVersion it is a compare-and-swap; one that changes nothing writes nothing.
   * @throws ApiError 404, 409 Conflict when the resourceVersion or the uid is not the current one, 422 Invalid.
   */
  update(type: ResourceType, input: object, options: WriteOptions = {}): StoredObject {
    const next = this.#placed(type, decodeObject(type, input, options.onUnknownFields));
    const { namespace, name } = next.metadata;
    const current = this.get(type, namespace, name);
    if (current === undefined) {
      if (!type.createOnUpdate || options.subresource !== undefined) throw notFound(type, name);
      return this.#create(type, withMetadata(next, { resourceVersion: '', uid: '' }), options);
    }
    const { uid } = next.metadata;
    if (uid !== '' && uid !== current.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
      throw conflict(type, name, why);
    }
    return this.#replace(type, current, next, options);
  }

  #replace(
    type: ResourceType,
    current: StoredObject,
    next: StoredObject,
    options: WriteOptions,
  ): StoredObject {
    const { name } = current.metadata;
    const { resourceVersion } = next.metadata;
    if (!/^\d*$/.test(resourceVersion)) {
      throw unexplained(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
    }
    if (resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion) {
      throw conflict(type, name, MODIFIED_MEANWHILE);
    }
    const prepared = prepareForUpdate(type, current, next, options.subresource);
    validateUpdate(type, current, next, prepared, options.subresource);
    if (options.dryRun || jsonEquals(prepared, current)) return options.dryRun ? prepared : current;
    if (!vanishesOnUpdate(prepared) || vanishesOnUpdate(current))
      return this.#commit(type, 'MODIFIED', prepared, current);
    this.#commit(type, 'DELETED', current, current);
    return prepared;
  }

  /**
   * Patches the current object; with a resourceVersion in the patch it is a compare-and-swap, without it always wins.
   * @throws ApiError 404, 409, 415 for a kind of patch that the type does not take, 422.
   */
  patch(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    patch: Patch,
    options: WriteOptions = {},
  ): StoredObject {
    const current = this.get(type, namespace, name);
    if (current === undefined && patch.type === 'apply' && options.subresource === undefined) {
      const created = decodeObject(
        type,
        applyPatchTo(type, undefined, patch),
        options.onUnknownFields,
        'patch',
      );
      if (created.metadata.uid !== '') {
        const why = `uid mismatch: the provided object specified uid ${created.metadata.uid}, and no existing object was found`;
        throw conflict(type, name, why);
      }
      return this.#create(type, withMetadata(created, { name, namespace, resourceVersion: '' }), options);
    }
    if (current === undefined) throw notFound(type, name);
    const next = decodeObject(type, applyPatchTo(type, current, patch), options.onUnknownFields, 'patch');
    if (next.metadata.name !== name)
      throw badRequest(
        `the name of the object (${next.metadata.name}) does not match the name on the URL (${name})`,
      );
    return this.#replace(type, current, next, options);
  }

  /**
   * Deletes, or starts to: what is returned still exists when its deletionTimestamp is set and it is still to be found.
   * A pod with grace 0 is first MODIFIED (deletionTimestamp, grace 0), then DELETED, as the real registry does it.
   * @throws ApiError 404, 409 when a precondition does not hold.
   */
  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): StoredObject {
    const current = this.mustGet(type, namespace, name);
    const plan = planDeletion(type, current, options, this.clock.wallTimeMs());
    if (options.dryRun || plan.kind === 'pending') return plan.kind === 'mark' ? plan.marked : current;
    if (plan.kind === 'remove') return this.#commit(type, 'DELETED', current, current);
    const marked = this.#commit(type, 'MODIFIED', plan.marked, current);
    // A subscriber that was told of the mark may have removed it, or changed it, already.
    const latest = this.get(type, namespace, name);
    if (!plan.thenRemove || latest === undefined || latest.metadata.uid !== marked.metadata.uid)
      return marked;
    return this.#commit(type, 'DELETED', latest, latest);
  }

  /** Each new object of the type is given something before it is checked and stored: a Service its address. */
  admit(type: ResourceType, give: (object: StoredObject) => StoredObject): void {
    this.#admissions.set(type.storageKey, give);
  }

  /**
   * Calls `listener` for every later change, synchronously, in order, after the change is visible. A listener that writes
   * is told of its own write after the current event has reached everyone.
   */
  subscribe(type: ResourceType, listener: StoreListener): () => void {
    const { listeners } = this.collection(type);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** As subscribe, for every kind; called after the kind's own subscribers. */
  subscribeToAll(listener: StoreListener): () => void {
    this.#allListeners.add(listener);
    return () => {
      this.#allListeners.delete(listener);
    };
  }

  #commit(
    type: ResourceType,
    kind: StoreEvent['type'],
    object: StoredObject,
    previous?: StoredObject,
  ): StoredObject {
    const resourceVersion = ++this.#resourceVersion;
    const stored = withMetadata(object, { resourceVersion: String(resourceVersion) });
    const event: StoreEvent = {
      type: kind,
      object: stored,
      resourceVersion,
      ...(previous === undefined ? {} : { previous }),
    };
    const collection = this.collection(type);
    collection.apply(event);
    this.#undelivered.push({ collection, event });
    this.#deliver();
    return stored;
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#undelivered.shift(); next !== undefined; next = this.#undelivered.shift()) {
        for (const listener of [...next.collection.listeners, ...this.#allListeners]) listener(next.event);
      }
    } finally {
      this.#delivering = false;
    }
  }
}
