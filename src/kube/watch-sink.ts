/**
 * Owns what a watch tells its consumer, and in which order.
 * Must not hold objects: a cache is one of the possible consumers.
 */
import type { ObjectKey } from './decode-meta.ts';

/**
 * How a watch is doing. `broken` names the code of what happened (a TransportErrorCode, a KubeErrorCode, or one of
 * MALFORMED and SHORT_WATCH) and when the next try is due. None of them is an end. While there is no connection they
 * come several times a second: whoever logs them has to thin them out.
 */
export type WatchState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'listing' }
  | { readonly kind: 'watching' }
  | { readonly kind: 'broken'; readonly because: string; readonly retryInMs: number }
  | {
      readonly kind: 'forbidden';
      readonly verb: string;
      readonly resource: string;
      readonly retryInMs: number;
    };

/**
 * The consumer of a watch. All calls are synchronous and in the order in which the server sent the events.
 * What a sink throws goes to the reflector's `onBug`; the watch goes on with the next event.
 */
export interface WatchSink<T> {
  /** Added or changed. The same version may come again after a reconnect or a relist. */
  onApplied(item: T, resourceVersion: string): void;
  /** A DELETED event. `item` is its last state, undefined when that could not be decoded. */
  onDeleted(key: ObjectKey, item: T | undefined, resourceVersion: string): void;
  /** The server has named every object there is at this version. What is held and not in the set is gone. */
  onSynced(presentUids: ReadonlySet<string>, resourceVersion: string): void;
  /** Nothing else has changed up to this version. */
  onBookmark(resourceVersion: string): void;
  /** An object that could not be decoded; it is skipped. `name` is `namespace/name` as far as it can be read. */
  onMalformed(name: string, error: Error): void;
  onState(state: WatchState): void;
  /** After the last event of each network chunk, for a consumer that decides once a chunk. */
  onChunkEnd?(): void;
}
