/**
 * Owns the Kubernetes events that the sandbox's own components write: one object for the same thing said again
 * (count and lastTimestamp grow). How many the store keeps is the store's. What can't be written is dropped: nobody waits for an event.
 */
import type { Clock } from '../time/clock.ts';
import { numberAt } from './api/json.ts';
import { resourceTypes } from './api/resource-types.ts';
import { type StoredObject, timestamp } from './api/stored-object.ts';
import { KNOWN_EVENTS_MAX } from './limits.ts';
import type { StoreLink } from './store-link.ts';

export interface EventSource {
  readonly component: string;
  readonly host?: string;
}

export interface RecordedEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** What an event needs to know of the object it is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
}

export function subjectOf({ apiVersion, kind, metadata }: StoredObject): EventSubject {
  return { apiVersion, kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid };
}

export class EventRecorder {
  readonly #link: StoreLink;
  readonly #clock: Clock;
  readonly #source: EventSource;
  /** By what they say; in the order of their last occurrence. */
  readonly #known = new Map<string, { readonly namespace: string; readonly name: string }>();

  constructor(link: StoreLink, clock: Clock, source: EventSource) {
    this.#link = link;
    this.#clock = clock;
    this.#source = source;
  }

  record(subject: EventSubject, event: RecordedEvent): void {
    try {
      this.#write(subject, event);
    } catch {
      // The namespace is going, or the API is away: events are told, not owed.
    }
  }

  #write(subject: EventSubject, event: RecordedEvent): void {
    const key = JSON.stringify([subject.uid, event.type, event.reason, event.message, event.fieldPath]);
    const now = timestamp(this.#clock.wallTimeMs());
    const known = this.#known.get(key);
    this.#known.delete(key);
    const present = known && this.#link.get(resourceTypes.events, known.namespace, known.name);
    if (known !== undefined && present !== undefined) {
      this.#link.update(resourceTypes.events, {
        ...present,
        count: (numberAt(present, 'count') ?? 1) + 1,
        lastTimestamp: now,
      });
      this.#known.set(key, known);
      return;
    }
    const created = this.#create(subject, event, now);
    this.#known.set(key, { namespace: created.metadata.namespace ?? '', name: created.metadata.name });
    this.#forgetOldest();
  }

  #create(subject: EventSubject, event: RecordedEvent, now: string): StoredObject {
    const { apiVersion, kind, namespace = 'default', name, uid } = subject;
    const fieldPath = event.fieldPath === undefined ? {} : { fieldPath: event.fieldPath };
    return this.#link.create(resourceTypes.events, {
      metadata: { namespace, generateName: `${name}.` },
      involvedObject: { apiVersion, kind, namespace, name, uid, ...fieldPath },
      type: event.type,
      reason: event.reason,
      message: event.message,
      source: this.#source,
      reportingComponent: this.#source.component,
      reportingInstance: this.#source.host ?? '',
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
      count: 1,
    });
  }

  /** Only what was said lately can be said again: the store keeps no more either. */
  #forgetOldest(): void {
    const [oldest] = this.#known;
    if (this.#known.size > KNOWN_EVENTS_MAX && oldest !== undefined) this.#known.delete(oldest[0]);
  }
}
