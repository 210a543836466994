/**
 * Owns the objects that one watch has brought, by their UID: what a command shows while it follows a cluster.
 * Must not interpret them.
 */
import type { ObjectKey, ObjectMeta } from '../../kube/decode-meta.ts';
import type { WatchSink, WatchState } from '../../kube/watch-sink.ts';

export class HeldObjects<T extends ObjectMeta> implements WatchSink<T> {
  readonly #onChanged: () => void;
  readonly #objects = new Map<string, T>();
  /** By the name as far as it can be read: an object that another version wrote must not hide the others. */
  readonly #unreadable = new Map<string, string>();
  #trouble: Trouble | undefined;
  #synced = false;
  #isDirty = false;

  /** `onChanged` is called once for all that one network chunk has changed, and when the watch breaks or comes back. */
  constructor(onChanged: () => void) {
    this.#onChanged = onChanged;
  }

  get all(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Everything there is has been seen once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Why what is held may be old or missing; undefined while nothing is wrong. It stands until the watch goes on. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** One sentence for each object that could not be read. */
  get problems(): readonly string[] {
    return [...this.#unreadable.values()];
  }

  onApplied(object: T): void {
    this.#unreadable.delete(nameOf(object));
    this.#objects.set(object.uid, object);
    this.#isDirty = true;
  }

  onDeleted(key: ObjectKey): void {
    this.#unreadable.delete(nameOf(key));
    this.#objects.delete(key.uid);
    this.#isDirty = true;
  }

  onSynced(present: ReadonlySet<string>): void {
    for (const uid of this.#objects.keys()) if (!present.has(uid)) this.#objects.delete(uid);
    this.#synced = true;
    this.#isDirty = true;
    this.onChunkEnd();
  }

  onBookmark(): void {}

  onMalformed(name: string, error: Error): void {
    this.#unreadable.set(name, `${name} cannot be read: ${error.message}`);
    this.#isDirty = true;
  }

  onState(state: WatchState): void {
    const before = this.#trouble?.sentence;
    if (state.kind === 'watching') this.#trouble = undefined;
    else this.#trouble = troubleOf(state) ?? this.#trouble;
    if (this.#trouble?.sentence !== before) this.#onChanged();
  }

  onChunkEnd(): void {
    if (!this.#isDirty || !this.#synced) return;
    this.#isDirty = false;
    this.#onChanged();
  }
}

/** Why a watch brings nothing. */
export interface Trouble {
  readonly sentence: string;
  /** The API server answers, and will not let this be seen: there is no such kind, or no right. */
  readonly refusal: 'unknown-kind' | 'forbidden' | undefined;
}

function troubleOf(state: WatchState): Trouble | undefined {
  if (state.kind === 'forbidden') {
    const sentence = `not up to date: you may not ${state.verb} ${state.resource}`;
    return { sentence, refusal: 'forbidden' };
  }
  if (state.kind !== 'broken') return undefined;
  const refusal = state.because === 'NOT_FOUND' ? 'unknown-kind' : undefined;
  return { sentence: `not up to date: the watch is broken (${state.because})`, refusal };
}

function nameOf({ namespace, name }: Pick<ObjectKey, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
