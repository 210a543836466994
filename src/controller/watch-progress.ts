/**
 * Owns how far one watch has come: up to which version everything was seen, and whether the first picture is complete.
 * Must not hold objects: the views do.
 */
import { laterVersion, parseResourceVersion, type ResourceVersion } from '../core/identity.ts';
import type { WatchState } from '../kube/watch-sink.ts';

export class WatchProgress {
  #seen: ResourceVersion | undefined;
  #synced = false;
  #lists = 0;
  #state: WatchState = { kind: 'connecting' };

  /** Everything up to this version has been seen; undefined before the first complete picture. */
  get seenVersion(): ResourceVersion | undefined {
    return this.#synced ? this.#seen : undefined;
  }

  /** The first complete picture has arrived. It stays true: a later relist corrects a picture, it doesn't unmake it. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Complete pictures that have arrived so far. */
  get lists(): number {
    return this.#lists;
  }

  get state(): WatchState {
    return this.#state;
  }

  moveTo(state: WatchState): void {
    this.#state = state;
  }

  /** An event or a bookmark. The items of a list come in any order: their versions say nothing of what was seen. */
  sawVersion(text: string): void {
    if (this.#state.kind !== 'listing') this.#raise(text);
  }

  /**
   * A list. True where it is of an older version than what was seen before it: lists are consistent reads, so the
   * store itself has gone back (a backup was restored), and versions seen until now mean nothing any more.
   */
  sawEverything(text: string): boolean {
    this.#synced = true;
    this.#lists += 1;
    const version = parseResourceVersion(text);
    const wentBack = version !== undefined && this.#seen !== undefined && version < this.#seen;
    if (wentBack) this.#seen = version;
    else this.#raise(text);
    return wentBack;
  }

  #raise(text: string): void {
    this.#seen = laterVersion(this.#seen, parseResourceVersion(text));
  }
}
