/**
 * Owns how objects, lists and watch events are written as JSON: each object once, however many read it.
 */

import { type Json, type JsonObject, objectAt, stringAt } from './json.ts';
import type { AnswerForm } from './negotiation.ts';
import type { ResourceType } from './resource-types.ts';
import type { StoredObject } from './stored-object.ts';
import { partialMetadata, table } from './tables/table.ts';

const texts = new WeakMap<StoredObject, string>();

/** The JSON of an object as stored. */
function textOf(object: StoredObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}

/** The JSON of an object in the version that was asked for. */
function objectText(type: ResourceType, object: StoredObject): string {
  return object.apiVersion === type.apiVersion ? textOf(object) : JSON.stringify(convert(type, object));
}

/** Custom resources are the same in all versions; events differ between their two groups. */
export function convert(type: ResourceType, object: StoredObject): StoredObject | JsonObject {
  if (object.apiVersion === type.apiVersion) return object;
  if (type.apiVersion === 'events.k8s.io/v1') return eventOfEventsGroup(object);
  return { ...objectAt({ object }, 'object'), apiVersion: type.apiVersion };
}

function eventOfEventsGroup(event: StoredObject): JsonObject {
  const {
    involvedObject,
    message,
    reportingComponent,
    source,
    firstTimestamp,
    lastTimestamp,
    count,
    ...rest
  } = objectAt({ event }, 'event');
  return {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent ?? stringAt({ source }, 'source', 'component'),
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    eventTime: rest.eventTime ?? null,
  };
}

/** An events.k8s.io/v1 Event as the core kind, in which it is stored. */
export function storedEvent(event: JsonObject): JsonObject {
  const {
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...rest
  } = event;
  return {
    ...rest,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    reportingComponent: reportingController,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  };
}

/** Items of built-in kinds come without apiVersion and kind, as from the real server. */
function itemText(type: ResourceType, object: StoredObject): string {
  const text = objectText(type, object);
  if (type.custom) return text;
  const typeMeta = `{"apiVersion":${JSON.stringify(type.apiVersion)},"kind":${JSON.stringify(type.kind)},`;
  if (text.startsWith(typeMeta)) return `{${text.slice(typeMeta.length)}`;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = convert(type, object);
  return JSON.stringify(rest);
}

export interface ListMetadata {
  readonly resourceVersion: string;
  readonly continueToken?: string;
  readonly remainingItemCount?: number;
}

export function listText(
  type: ResourceType,
  objects: readonly StoredObject[],
  list: ListMetadata,
  form: AnswerForm,
  wallTimeMs: number,
): string {
  if (form.kind === 'table')
    return JSON.stringify(
      table(type, objects, { ...list, include: form.include, withHeaders: true, wallTimeMs }),
    );
  const { resourceVersion, continueToken, remainingItemCount } = list;
  const metadata = JSON.stringify({ resourceVersion, continue: continueToken, remainingItemCount });
  if (form.kind === 'partialMetadata') {
    const items = objects.map((object) => JSON.stringify(partialMetadata(object)));
    return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":${metadata},"items":[${items.join(',')}]}\n`;
  }
  const items = objects.map((object) => itemText(type, object));
  const head = `"kind":${JSON.stringify(type.listKind)},"apiVersion":${JSON.stringify(type.apiVersion)}`;
  return `{${head},"metadata":${metadata},"items":[${items.join(',')}]}\n`;
}

export function oneText(
  type: ResourceType,
  object: StoredObject,
  form: AnswerForm,
  wallTimeMs: number,
  withHeaders = true,
): string {
  switch (form.kind) {
    case 'object':
      return objectText(type, object);
    case 'partialMetadata':
      return JSON.stringify(partialMetadata(object));
    case 'table': {
      const { resourceVersion } = object.metadata;
      return JSON.stringify(
        table(type, [object], { resourceVersion, include: form.include, withHeaders, wallTimeMs }),
      );
    }
  }
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One line of a watch. */
export function watchLine(type: WatchEventType, objectJson: string): string {
  return `{"type":"${type}","object":${objectJson}}\n`;
}

export function bookmarkText(
  type: ResourceType,
  resourceVersion: number,
  endsInitialEvents: boolean,
): string {
  const annotations: Json = endsInitialEvents ? { 'k8s.io/initial-events-end': 'true' } : {};
  const metadata = {
    resourceVersion: String(resourceVersion),
    creationTimestamp: null,
    ...(endsInitialEvents ? { annotations } : {}),
  };
  return JSON.stringify({ kind: type.kind, apiVersion: type.apiVersion, metadata });
}
