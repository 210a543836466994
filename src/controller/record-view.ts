/**
 * Owns the records of one kind as far as they are known: those that the watch brought, own writes, and what a GET settled.
 * Must not let an older version overwrite a newer one, nor take an unknown outcome for either one.
 */
import {
  type Epoch,
  higherEpoch,
  noEpoch,
  type PodUid,
  parseResourceVersion,
  type ResourceVersion,
} from '../core/identity.ts';
import type { ObjectMeta } from '../kube/decode-meta.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { limits } from './limits.ts';
import { type RecordKind, type StoredRecord, singletonOf } from './stored-record.ts';
import { WatchProgress } from './watch-progress.ts';
import { covers } from './watch-scope.ts';
import { words } from './words.ts';

/** What is known of one record. */
export type KnownRecord<T extends ObjectMeta = ObjectMeta> =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'present';
      readonly object: T;
      readonly record: StoredRecord;
    };

interface Entry<T extends ObjectMeta> {
  known: KnownRecord<T>;
  /** Of the newest version seen, of its deletion too. */
  version: ResourceVersion | undefined;
  highestEpoch: Epoch;
  /** Of the version that was read last. */
  saidProblems: readonly string[];
  /** Moves with every change: an answer to a question asked before one is older than it. */
  changes: number;
}

export interface RecordViewOptions<T extends ObjectMeta> {
  readonly kind: RecordKind<T>;
  readonly onChanged: (namespace: string, singletonName: string) => void;
  /** A complete picture has arrived: what is not in it is absent. */
  readonly onSynced: () => void;
  readonly onProblem: (namespace: string, name: string, problem: string) => void;
  /** `name` is `namespace/name` as far as it can be read. */
  readonly onMalformed: (name: string, error: Error) => void;
}

interface Scope {
  readonly namespace: string | undefined;
  readonly progress: WatchProgress;
}

export class RecordView<T extends ObjectMeta> {
  readonly #options: RecordViewOptions<T>;
  readonly #scopes: Scope[] = [];
  readonly #entries = new Map<string, Entry<T>>();

  constructor(options: RecordViewOptions<T>) {
    this.#options = options;
  }

  /** The first complete picture of this namespace's records has arrived. */
  isSynced(namespace: string): boolean {
    const scope = this.#scopes.find((one) => covers(one, namespace));
    return scope?.progress.synced === true;
  }

  /** Absent only once a complete picture did not have it. */
  recordOf(namespace: string, singletonName: string): KnownRecord<T> {
    const entry = this.#entries.get(keyOf(namespace, singletonName));
    if (entry !== undefined) return entry.known;
    return this.isSynced(namespace) ? { kind: 'absent' } : { kind: 'unknown' };
  }

  /** Highest epoch that this record ever had, as far as this controller has seen. */
  highestEpoch(namespace: string, singletonName: string): Epoch {
    return this.#entries.get(keyOf(namespace, singletonName))?.highestEpoch ?? noEpoch;
  }

  /** A write went out and no answer came back. A newer version on the watch, or a GET, settles it. */
  markUnknown(namespace: string, singletonName: string): void {
    const entry = this.#entryOf(namespace, singletonName);
    entry.known = { kind: 'unknown' };
    entry.changes += 1;
  }

  /** The answer to an own write. Not applied where something newer is known. */
  applyWritten(singletonName: string, object: T): void {
    this.#apply(singletonName, object, false);
  }

  /**
   * A GET found it: that settles what was unknown. It is the record by its name, whatever became of its labels: the
   * watch selects by them, so there it is absent, and not even newer. Not believed where the record has changed since.
   */
  applyFound(singletonName: string, object: T, changesBefore: number): void {
    const { known, changes } = this.#entryOf(object.namespace, singletonName);
    this.#apply(singletonName, object, known.kind !== 'present' && changes === changesBefore);
  }

  /** The record is known and not retired, and names this holder with this epoch. */
  names(
    namespace: string,
    singletonName: string,
    epoch: Epoch,
    holder: { readonly uid: PodUid; readonly name: string },
  ): boolean {
    const known = this.recordOf(namespace, singletonName);
    if (known.kind !== 'present' || known.record.retired || known.record.epoch !== epoch) return false;
    const named = known.record.holder;
    return named?.uid === undefined ? named?.name === holder.name : named.uid === holder.uid;
  }

  /** Whatever else it says, it names this pod. */
  isHolder(namespace: string, singletonName: string, uid: PodUid): boolean {
    const known = this.recordOf(namespace, singletonName);
    return known.kind === 'present' && known.record.holder?.uid === uid;
  }

  /** To be taken before a GET, and handed over with its answer. */
  changesOf(namespace: string, singletonName: string): number {
    return this.#entryOf(namespace, singletonName).changes;
  }

  /** A GET found nothing. Not believed where the record has changed since the question. */
  applyNotFound(namespace: string, singletonName: string, changesBefore: number): void {
    const entry = this.#entryOf(namespace, singletonName);
    if (entry.changes !== changesBefore) return;
    entry.known = { kind: 'absent' };
    entry.changes += 1;
  }

  sinkFor(namespace: string | undefined): WatchSink<T> {
    const scope: Scope = { namespace, progress: new WatchProgress() };
    this.#scopes.push(scope);
    return {
      onApplied: (object, version) => {
        scope.progress.sawVersion(version);
        this.#onApplied(object);
      },
      onDeleted: (key, last, version) => {
        scope.progress.sawVersion(version);
        this.#onDeleted(key, last, version);
      },
      onSynced: (present, version) => this.#onSynced(scope, present, version),
      onBookmark: (version) => scope.progress.sawVersion(version),
      onMalformed: this.#options.onMalformed,
      onState: (state) => scope.progress.moveTo(state),
    };
  }

  #onApplied(object: T): void {
    const singletonName = singletonOf(object, this.#options.kind.nameOf) ?? this.#nameOfUnlabelled(object);
    if (singletonName !== undefined && this.#apply(singletonName, object, false))
      this.#options.onChanged(object.namespace, singletonName);
  }

  #onDeleted(
    key: { readonly namespace: string; readonly name: string; readonly uid: string },
    last: T | undefined,
    version: string,
  ): void {
    const singletonName =
      (last === undefined ? undefined : singletonOf(last, this.#options.kind.nameOf)) ?? this.#nameByUid(key);
    if (singletonName === undefined) return;
    const entry = this.#entries.get(keyOf(key.namespace, singletonName));
    const deletedAt = parseResourceVersion(version);
    if (entry === undefined || isOlder(deletedAt, entry.version)) return;
    if (last !== undefined) this.#remember(entry, this.#options.kind.decodeRecord(last).epoch);
    this.#makeAbsent(entry, deletedAt);
    this.#options.onChanged(key.namespace, singletonName);
  }

  #onSynced(scope: Scope, present: ReadonlySet<string>, version: string): void {
    scope.progress.sawEverything(version);
    const seen = parseResourceVersion(version);
    for (const [key, entry] of this.#entries) {
      const { namespace } = splitKey(key);
      if (!covers(scope, namespace)) continue;
      if (
        entry.known.kind === 'present' &&
        !present.has(entry.known.object.uid) &&
        !isOlder(seen, entry.version)
      ) {
        this.#makeAbsent(entry, seen);
      }
    }
    this.#options.onSynced();
  }

  #apply(singletonName: string, object: T, settles: boolean): boolean {
    const entry = this.#entryOf(object.namespace, singletonName);
    const version = parseResourceVersion(object.resourceVersion);
    if (!settles && (version === entry.version || isOlder(version, entry.version))) return false;
    const record = this.#options.kind.decodeRecord(object);
    for (const problem of record.problems) {
      if (!entry.saidProblems.includes(problem))
        this.#options.onProblem(object.namespace, object.name, problem);
    }
    entry.saidProblems = record.problems;
    this.#remember(entry, record.epoch);
    entry.known = { kind: 'present', object, record };
    entry.version = version;
    entry.changes += 1;
    return true;
  }

  #makeAbsent(entry: Entry<T>, version: ResourceVersion | undefined): void {
    entry.known = { kind: 'absent' };
    entry.version = version ?? entry.version;
    entry.changes += 1;
  }

  #remember(entry: Entry<T>, epoch: Epoch): void {
    entry.highestEpoch = higherEpoch(entry.highestEpoch, epoch);
  }

  #entryOf(namespace: string, singletonName: string): Entry<T> {
    const key = keyOf(namespace, singletonName);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    this.#forgetAbsent();
    const entry: Entry<T> = {
      known: this.recordOf(namespace, singletonName),
      version: undefined,
      highestEpoch: noEpoch,
      saidProblems: [],
      changes: 0,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Somebody took the label away that says whose it is: it is the record all the same. */
  #nameOfUnlabelled(object: T): string | undefined {
    return object.labels[words.singleton] === undefined ? this.#nameByUid(object) : undefined;
  }

  #nameByUid(key: { readonly namespace: string; readonly uid: string }): string | undefined {
    for (const [entryKey, { known }] of this.#entries) {
      if (known.kind === 'present' && known.object.uid === key.uid) return splitKey(entryKey).singletonName;
    }
    return undefined;
  }

  /** Epochs of records that are gone are kept, but not for ever. */
  #forgetAbsent(): void {
    if (this.#entries.size < limits.emptySingletonsMax) return;
    for (const [key, { known }] of this.#entries) {
      if (known.kind === 'absent') {
        this.#entries.delete(key);
        return;
      }
    }
  }
}

function isOlder(version: ResourceVersion | undefined, known: ResourceVersion | undefined): boolean {
  return version !== undefined && known !== undefined && version < known;
}

/** Kubernetes names have no slash. */
function keyOf(namespace: string, singletonName: string): string {
  return `${namespace}/${singletonName}`;
}

function splitKey(key: string): { readonly namespace: string; readonly singletonName: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), singletonName: key.slice(slash + 1) };
}
