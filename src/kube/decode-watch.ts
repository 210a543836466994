/**
 * Owns the two envelopes in which objects arrive: the events of a watch, and the pages of a list.
 * Must not look inside the objects.
 */
import {
  asObject,
  DecodeError,
  isObject,
  optionalObject,
  optionalString,
  requiredObject,
  requiredString,
} from './decode.ts';
import { classifyStatus, type Failure } from './status.ts';

export type WatchEvent =
  | { readonly kind: 'applied'; readonly object: unknown }
  | { readonly kind: 'deleted'; readonly object: unknown }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string; readonly endsInitialEvents: boolean }
  | { readonly kind: 'error'; readonly failure: Failure };

export interface ListPage {
  readonly resourceVersion: string;
  readonly continueToken: string | undefined;
  readonly objects: readonly unknown[];
}

/** KEP-3157: the bookmark that ends a WatchList's initial events. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** One line of a watch. Throws a DecodeError when it is none. */
export function decodeWatchEvent(line: string): WatchEvent {
  const event = asObject(parse(line));
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'applied', object: event.object };
    case 'DELETED':
      return { kind: 'deleted', object: event.object };
    case 'BOOKMARK': {
      const metadata = requiredObject(requiredObject(event, 'object', ''), 'metadata', 'object');
      const annotations = optionalObject(metadata, 'annotations', 'object.metadata');
      return {
        kind: 'bookmark',
        resourceVersion: requiredString(metadata, 'resourceVersion', 'object.metadata'),
        endsInitialEvents: annotations?.[INITIAL_EVENTS_END] === 'true',
      };
    }
    case 'ERROR':
      return { kind: 'error', failure: classifyStatus(event.object) };
    default:
      throw new DecodeError('type', 'ADDED, MODIFIED, DELETED, BOOKMARK or ERROR');
  }
}

/** The body of a list. Throws a DecodeError when it is none. */
export function decodeListPage(body: string): ListPage {
  const list = asObject(parse(body));
  const metadata = requiredObject(list, 'metadata', '');
  const objects = list.items ?? [];
  if (!Array.isArray(objects)) throw new DecodeError('items', 'an array');
  return {
    resourceVersion: requiredString(metadata, 'resourceVersion', 'metadata'),
    continueToken: optionalString(metadata, 'continue', 'metadata'),
    objects,
  };
}

/** `namespace/name` as far as it can be read, for saying which object was skipped. */
export function nameForPeople(object: unknown): string {
  const metadata = isObject(object) && isObject(object.metadata) ? object.metadata : {};
  const { namespace, name } = metadata;
  return `${typeof namespace === 'string' ? `${namespace}/` : ''}${typeof name === 'string' ? name : '(no name)'}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw DecodeError.notJson(error);
  }
}
