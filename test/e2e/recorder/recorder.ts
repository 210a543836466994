/**
 * Owns watching a cluster: every change of what matters to a scene, in the order of its arrival, with the holes.
 * Must not forget, nor judge: checkers read what it has kept. It goes on over restarts of the API server.
 */
import { type Subscribe, waitFor } from '../../../src/cli/hapod/condition.ts';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { asObject, type JsonObject } from '../../../src/kube/decode.ts';
import { decodeIdentity, type ObjectIdentity, type ObjectKey } from '../../../src/kube/decode-meta.ts';
import { type Reflector, startReflector } from '../../../src/kube/reflector.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import type { WatchSink, WatchState } from '../../../src/kube/watch-sink.ts';
import { realClock, realRandom } from '../../../src/time/real-clock.ts';
import { type Hole, type RecordedChange, type ResourceName, recordedResources } from './recorded-change.ts';

/** A scene has some hundreds. One recorder that meets this has been left running for hours. */
const changesMax = 200_000;
const syncedWithinMs = 30_000;

export interface RecorderOptions {
  /** Whether Singletons are recorded too: the cluster has to know what they are. */
  readonly singletons: boolean;
}

export class Recorder {
  readonly #changes: RecordedChange[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #watches: readonly ResourceWatch[];
  readonly #faults: Error[] = [];

  private constructor(transport: Transport, { singletons }: RecorderOptions) {
    const names = Object.keys(recordedResources) as ResourceName[];
    this.#watches = names
      .filter((name) => name !== 'singletons' || singletons)
      .map((name) => new ResourceWatch(name, transport, this));
  }

  /** Resolves when all that there is has been heard of. Rejects with NotReached. */
  static async start(transport: Transport, options: RecorderOptions): Promise<Recorder> {
    const recorder = new Recorder(transport, options);
    try {
      await recorder.waitFor(
        () => (recorder.#watches.every(({ synced }) => synced) ? {} : 'the first list of everything'),
        syncedWithinMs,
      );
    } catch (error) {
      recorder.stop();
      throw error;
    }
    return recorder;
  }

  stop(): void {
    for (const watch of this.#watches) watch.stop();
  }

  /** All changes, in the order of their arrival. Throws where something was lost that no hole tells of. */
  get changes(): readonly RecordedChange[] {
    const [fault] = this.#faults;
    if (fault !== undefined) throw fault;
    return this.#changes;
  }

  get holes(): readonly Hole[] {
    return this.#watches.flatMap((watch) => watch.holes).toSorted((a, b) => a.fromMs - b.fromMs);
  }

  /** What there is now of a resource, as far as was heard. */
  current(resource: ResourceName): readonly JsonObject[] {
    const watch = this.#watches.find(({ resource: watched }) => watched === resource);
    return [...(watch?.held.values() ?? [])].map(({ object }) => object);
  }

  /** Waits for a change (or one of `sources`) after which `condition` gives a value; a string says what is missing. */
  waitFor<T extends object>(
    condition: () => T | string,
    withinMs: number,
    sources: readonly Subscribe[] = [],
  ): Promise<T> {
    return waitFor(condition, { withinMs, sources: [(listener) => this.subscribe(listener), ...sources] });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(change: RecordedChange): void {
    if (this.#changes.length >= changesMax) this.fail(new Error(`over ${changesMax} changes were recorded`));
    else this.#changes.push(change);
    this.tell();
  }

  fail(error: Error): void {
    if (this.#faults.length === 0) this.#faults.push(error);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Where changes go. */
interface Keeper {
  add(change: RecordedChange): void;
  fail(error: Error): void;
  tell(): void;
}

class ResourceWatch implements WatchSink<JsonObject> {
  readonly resource: ResourceName;
  readonly held = new Map<string, { readonly identity: ObjectIdentity; readonly object: JsonObject }>();
  readonly holes: Hole[] = [];
  readonly #keeper: Keeper;
  readonly #reflector: Reflector;
  /** Between the begin of a list and its end. */
  #listing = true;
  #syncedOnce = false;
  #heardSinceHole = true;

  constructor(resource: ResourceName, transport: Transport, keeper: Keeper) {
    this.resource = resource;
    this.#keeper = keeper;
    this.#reflector = startReflector<JsonObject>({
      transport,
      clock: realClock,
      random: realRandom,
      resource: recordedResources[resource],
      decode: (object) => asObject(object),
      sink: this,
      onBug: (error) => keeper.fail(error instanceof Error ? error : new Error(String(error))),
    });
  }

  get synced(): boolean {
    return this.#syncedOnce;
  }

  stop(): void {
    this.#reflector.stop();
  }

  onApplied(object: JsonObject, resourceVersion: string): void {
    const identity = decodeIdentity(object);
    // A list after a hole tells again what was known.
    if (this.held.get(identity.uid)?.identity.resourceVersion === resourceVersion) return;
    this.held.set(identity.uid, { identity, object });
    this.#add('applied', identity, object, resourceVersion);
  }

  onDeleted(key: ObjectKey, object: JsonObject | undefined, resourceVersion: string): void {
    const known = this.held.get(key.uid);
    this.held.delete(key.uid);
    this.#add('deleted', key, object ?? known?.object ?? {}, resourceVersion);
  }

  onSynced(presentUids: ReadonlySet<string>, resourceVersion: string): void {
    for (const [uid, { identity, object }] of this.held) {
      if (presentUids.has(uid)) continue;
      this.held.delete(uid);
      this.#add('vanished', identity, object, resourceVersion);
    }
    this.#listing = false;
    this.#syncedOnce = true;
    this.#keeper.tell();
  }

  onBookmark(): void {
    this.#heardSinceHole = true;
  }

  onMalformed(name: string, error: Error): void {
    this.#keeper.fail(new Error(`${this.resource} ${name} could not be read`, { cause: error }));
  }

  onState(state: WatchState): void {
    if (!this.#syncedOnce) return;
    if (state.kind === 'watching') this.#closeHole();
    else this.#openHole(state);
    if (state.kind === 'listing') this.#listing = true;
    this.#keeper.tell();
  }

  #openHole(state: WatchState): void {
    const last = this.holes.at(-1);
    // Accepted, and then told that its version is too old, before anything was heard: it is the same hole still.
    const isTooOld = state.kind === 'connecting' && !this.#heardSinceHole;
    const relisted = state.kind === 'listing';
    if (last !== undefined && (last.untilMs === undefined || isTooOld)) {
      this.holes[this.holes.length - 1] = {
        ...last,
        untilMs: undefined,
        relisted: last.relisted || relisted,
      };
      return;
    }
    this.#heardSinceHole = false;
    const because = state.kind === 'broken' ? state.because : state.kind;
    this.holes.push({
      resource: this.resource,
      fromMs: machineNowMs(),
      untilMs: undefined,
      relisted,
      because,
    });
  }

  #closeHole(): void {
    const last = this.holes.at(-1);
    if (last === undefined || last.untilMs !== undefined) return;
    this.holes[this.holes.length - 1] = { ...last, untilMs: machineNowMs() };
  }

  #add(kind: RecordedChange['kind'], key: ObjectKey, object: JsonObject, resourceVersion: string): void {
    if (!this.#listing) this.#heardSinceHole = true;
    this.#keeper.add({
      resource: this.resource,
      kind,
      atMs: machineNowMs(),
      version: BigInt(resourceVersion),
      namespace: key.namespace,
      name: key.name,
      uid: key.uid,
      object,
      listed: this.#listing,
    });
  }
}
