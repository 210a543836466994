/**
 * Owns the way of an object from the wire to the sink: who it is, its decoding, and the isolation of the consumer.
 * Must not know where in the watch it came from, nor stop for anything that it finds.
 */
import { DecodeError } from './decode.ts';
import { decodeIdentity, type ObjectIdentity } from './decode-meta.ts';
import { nameForPeople } from './decode-watch.ts';
import type { WatchSink, WatchState } from './watch-sink.ts';

export interface DeliveryOptions<T> {
  /** Throws a DecodeError for an object that can't be used: it is skipped and reported. */
  readonly decode: (object: unknown) => T;
  readonly sink: WatchSink<T>;
  /**
   * Errors that should not exist: thrown by the sink, or by `decode` when it isn't a DecodeError. The watch goes on;
   * to end the process instead, throw from here.
   */
  readonly onBug: (error: unknown) => void;
}

export class WatchDelivery<T> {
  readonly #decodeObject: (object: unknown) => T;
  readonly #sink: WatchSink<T>;
  readonly #onBug: (error: unknown) => void;
  #stopped = false;
  /** UIDs of a snapshot that has begun and not ended. */
  #present: Set<string> | undefined;

  constructor(options: DeliveryOptions<T>) {
    this.#decodeObject = options.decode;
    this.#sink = options.sink;
    this.#onBug = options.onBug;
  }

  /** Nothing is delivered after this. */
  stop(): void {
    this.#stopped = true;
  }

  beginSnapshot(): void {
    this.#present = new Set();
  }

  finishSnapshot(resourceVersion: string): void {
    const present = this.#present ?? new Set<string>();
    this.#present = undefined;
    this.#guarded(() => this.#sink.onSynced(present, resourceVersion));
  }

  /**
   * The object's version, once the sink has had it. Undefined: it can't be said which object it is. A snapshot with
   * such a one is incomplete, and would have the sink believe that something is gone.
   */
  apply(object: unknown): string | undefined {
    const identity = this.#identify(object);
    if (identity === undefined) return undefined;
    this.#present?.add(identity.uid);
    const decoded = this.#decode(object);
    if (decoded !== undefined) {
      this.#guarded(() => this.#sink.onApplied(decoded.item, identity.resourceVersion));
    }
    return identity.resourceVersion;
  }

  /** As `apply`, for an object that is gone. */
  delete(object: unknown): string | undefined {
    const identity = this.#identify(object);
    if (identity === undefined) return undefined;
    const { namespace, name, uid, resourceVersion } = identity;
    this.#present?.delete(uid);
    const decoded = this.#decode(object);
    this.#guarded(() => this.#sink.onDeleted({ namespace, name, uid }, decoded?.item, resourceVersion));
    return resourceVersion;
  }

  bookmark(resourceVersion: string): void {
    this.#guarded(() => this.#sink.onBookmark(resourceVersion));
  }

  report(state: WatchState): void {
    this.#guarded(() => this.#sink.onState(state));
  }

  chunkEnd(): void {
    if (this.#sink.onChunkEnd !== undefined) this.#guarded(() => this.#sink.onChunkEnd?.());
  }

  #identify(object: unknown): ObjectIdentity | undefined {
    try {
      return decodeIdentity(object);
    } catch (error) {
      this.#reportMalformed(object, error);
      return undefined;
    }
  }

  #decode(object: unknown): { readonly item: T } | undefined {
    try {
      return { item: this.#decodeObject(object) };
    } catch (error) {
      this.#reportMalformed(object, error);
      return undefined;
    }
  }

  #reportMalformed(object: unknown, error: unknown): void {
    if (error instanceof DecodeError) {
      this.#guarded(() => this.#sink.onMalformed(nameForPeople(object), error));
    } else {
      this.#onBug(error);
    }
  }

  /** The consumer's mistakes are its own. What `onBug` throws is thrown. */
  #guarded(call: () => void): void {
    if (this.#stopped) return;
    try {
      call();
    } catch (error) {
      this.#onBug(error);
    }
  }
}
