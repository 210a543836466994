/**
 * Owns what a watch told: every call in order, and the objects that a consumer would hold after them.
 * Must not forgive: it is the simplest possible reading of WatchSink's contract.
 */
import { asObject, DecodeError, optionalString } from '../../src/kube/decode.ts';
import type { ObjectKey } from '../../src/kube/decode-meta.ts';
import { decodeIdentity } from '../../src/kube/decode-meta.ts';
import type { WatchSink, WatchState } from '../../src/kube/watch-sink.ts';

export interface Thing {
  readonly name: string;
  readonly uid: string;
  readonly note: string;
}

/** An object as the server would send it. */
export function thing(name: string, resourceVersion: number, note = '', uid = `uid-${name}`): object {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion: String(resourceVersion) }, note };
}

/** Strict about `note`, so that tests can send things that don't decode. */
export function decodeThing(raw: unknown): Thing {
  const note = asObject(raw).note;
  if (note !== undefined && typeof note !== 'string') throw new DecodeError('note', 'a string');
  const { name, uid } = decodeIdentity(raw);
  return { name, uid, note: optionalString(asObject(raw), 'note', '') ?? '' };
}

export class RecordingSink implements WatchSink<Thing> {
  readonly calls: string[] = [];
  readonly states: WatchState[] = [];
  readonly malformed: string[] = [];
  readonly held = new Map<string, Thing>();
  lastVersion = '';
  syncs = 0;
  chunkEnds = 0;
  /** Called first in each onApplied. */
  onItem: (item: Thing) => void = () => undefined;

  onApplied(item: Thing, resourceVersion: string): void {
    this.calls.push(`applied ${item.name}@${resourceVersion}`);
    this.lastVersion = resourceVersion;
    this.onItem(item);
    this.held.set(item.uid, item);
  }

  onDeleted(key: ObjectKey, item: Thing | undefined, resourceVersion: string): void {
    this.calls.push(`deleted ${key.name}@${resourceVersion}${item === undefined ? ' unreadable' : ''}`);
    this.held.delete(key.uid);
  }

  onSynced(presentUids: ReadonlySet<string>, resourceVersion: string): void {
    this.calls.push(`synced@${resourceVersion}`);
    this.syncs += 1;
    for (const uid of this.held.keys()) if (!presentUids.has(uid)) this.held.delete(uid);
  }

  onBookmark(resourceVersion: string): void {
    this.calls.push(`bookmark@${resourceVersion}`);
  }

  onMalformed(name: string, error: Error): void {
    this.malformed.push(`${name}: ${error.message}`);
  }

  onState(state: WatchState): void {
    this.states.push(state);
  }

  onChunkEnd(): void {
    this.chunkEnds += 1;
  }

  get names(): string[] {
    return [...this.held.values()].map((item) => item.name).sort();
  }

  get state(): WatchState['kind'] | undefined {
    return this.states.at(-1)?.kind;
  }

  /** The codes of all troubles so far, in order. */
  get troubles(): string[] {
    return this.states.flatMap((state) => (state.kind === 'broken' ? [state.because] : []));
  }
}
