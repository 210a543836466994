/**
 * Owns changes of one singleton's record of one kind: the compare-and-swap, and finding out what became of it.
 * Must not go on where the outcome is not known: then the record is unknown until a GET says.
 */
import type { Mode } from '../api/singleton.ts';
import type { PodReference } from '../core/decision.ts';
import type { Epoch } from '../core/identity.ts';
import type { RecordWrite } from '../core/record.ts';
import type { ObjectMeta } from '../kube/decode-meta.ts';
import {
  createRequest,
  deleteRequest,
  getRequest,
  type JsonBody,
  mergePatchRequest,
  objectBody,
  objectPatch,
} from '../kube/request.ts';
import type { ApiRequest } from '../kube/transport.ts';
import { type ApiCalls, type CallFailure, mayHaveActed, readObject } from './api-calls.ts';
import { limits } from './limits.ts';
import type { KnownRecord, RecordView } from './record-view.ts';
import type { RecordBody, RecordKind } from './stored-record.ts';
import { words } from './words.ts';

export type RecordOutcome =
  | { readonly kind: 'written' }
  /** Somebody else was first, or the record is not what it was thought to be. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

export interface RecordWriterOptions<T extends ObjectMeta> {
  readonly kind: RecordKind<T>;
  readonly namespace: string;
  readonly singletonName: string;
  readonly calls: ApiCalls;
  readonly records: RecordView<T>;
  readonly encode: (write: RecordWrite, code: string) => RecordBody;
}

export class RecordWriter<T extends ObjectMeta> {
  readonly #options: RecordWriterOptions<T>;
  readonly #target: { readonly namespace: string; readonly name: string };

  constructor(options: RecordWriterOptions<T>) {
    this.#options = options;
    this.#target = { namespace: options.namespace, name: options.kind.nameOf(options.singletonName) };
  }

  get known(): KnownRecord<T> {
    const { records, namespace, singletonName } = this.#options;
    return records.recordOf(namespace, singletonName);
  }

  /** As it is stored, where it is there. */
  get stored(): T | undefined {
    const { known } = this;
    return known.kind === 'present' ? known.object : undefined;
  }

  /** The highest epoch that this record ever had, as far as this controller has seen. */
  get highestEpoch(): Epoch {
    const { records, namespace, singletonName } = this.#options;
    return records.highestEpoch(namespace, singletonName);
  }

  /** True where a write of ours, and not a first picture that is still to come, left the record unknown. */
  get isUnsettled(): boolean {
    return this.#options.records.isSynced(this.#options.namespace) && this.known.kind === 'unknown';
  }

  /** The record is known, and names this holder with this epoch. */
  names(epoch: Epoch, holder: PodReference): boolean {
    const { namespace, singletonName, records } = this.#options;
    return records.names(namespace, singletonName, epoch, holder);
  }

  /** A new holder and epoch. The request is on its way when this returns. */
  write(write: RecordWrite, code: string): Promise<RecordOutcome> {
    const body = this.#options.encode(write, code);
    const isDone = () => this.names(write.epoch, write.holder);
    if (write.base.kind === 'create') return this.#send(this.#createRequest(body), isDone, true);
    const { metadata, rest } = body;
    return this.#send(this.#patchRequest(write.base.resourceVersion, metadata, rest), isDone);
  }

  /** What goes with the record beside holder and epoch, which it goes on naming. */
  amend(write: RecordWrite, labels: JsonBody, rest: JsonBody): Promise<RecordOutcome> {
    const version = write.base.kind === 'replace' ? write.base.resourceVersion : '';
    const { uid, hasStopped } = write.holder;
    const metadata = { labels, ...(hasStopped ? { annotations: { [words.holderStopped]: uid } } : {}) };
    return this.#send(this.#patchRequest(version, metadata, rest), () =>
      this.names(write.epoch, write.holder),
    );
  }

  /** It changes nothing but that it was written again, after this epoch's move. */
  touch({ base, epoch, holder }: RecordWrite): Promise<RecordOutcome> {
    const version = base.kind === 'replace' ? base.resourceVersion : '';
    const metadata = { annotations: { [words.touched]: String(epoch) } };
    return this.#send(this.#patchRequest(version, metadata, {}), () => this.names(epoch, holder));
  }

  /** From here on it names nobody: the record of the other mode does. */
  retire(resourceVersion: string, movedTo: Mode): Promise<RecordOutcome> {
    const metadata = { annotations: { [words.movedTo]: movedTo } };
    return this.#send(this.#patchRequest(resourceVersion, metadata, {}), () => this.isRetired);
  }

  /** Deletes it as it is known. Undefined: it is gone, or another one has its name; a newer version of it is a conflict. */
  async remove(): Promise<CallFailure | undefined> {
    const { known } = this;
    if (known.kind !== 'present') return undefined;
    const { uid, resourceVersion } = known.object;
    const outcome = await this.#options.calls.send(
      deleteRequest(this.#options.kind.resource, { ...this.#target, uid, resourceVersion }),
    );
    const isGone = outcome.kind === 'ok' || outcome.kind === 'notFound' || outcome.kind === 'conflict';
    if (!isGone) return outcome;
    const unsettled = await this.settle();
    if (unsettled !== undefined || outcome.kind !== 'conflict') return unsettled;
    const isStillThere = this.known.kind === 'present' && this.known.object.uid === uid;
    return isStillThere ? outcome : undefined;
  }

  get isRetired(): boolean {
    return this.known.kind === 'present' && this.known.record.retired;
  }

  /** Asks the API server, by quorum, how the record stands. Undefined: it answered; an answer that makes no sense leaves the record unknown. */
  async settle(): Promise<CallFailure | undefined> {
    const { namespace, singletonName, calls, records, kind } = this.#options;
    const changesBefore = records.changesOf(namespace, singletonName);
    // Longer than a write: until this is answered nothing is decided, and asking again begins the wait anew.
    const timeoutMs = limits.startRequestTimeoutMs;
    const outcome = await calls.send(getRequest(kind.resource, this.#target), { timeoutMs });
    if (outcome.kind === 'notFound') {
      records.applyNotFound(namespace, singletonName, changesBefore);
      return undefined;
    }
    if (outcome.kind !== 'ok') return outcome;
    const found = readObject(outcome.body, kind.decodeObject);
    if (found !== undefined) records.applyFound(singletonName, found, changesBefore);
    return undefined;
  }

  #createRequest({ metadata, rest }: RecordBody): ApiRequest {
    const { resource } = this.#options.kind;
    const body = objectBody(resource, { ...metadata, ...this.#target }, rest);
    return createRequest(resource, { namespace: this.#target.namespace, body });
  }

  #patchRequest(resourceVersion: string, metadata: JsonBody, rest: JsonBody): ApiRequest {
    const patch = objectPatch({ resourceVersion }, { metadata, ...rest });
    return mergePatchRequest(this.#options.kind.resource, { ...this.#target, patch });
  }

  async #send(request: ApiRequest, isDone: () => boolean, creates = false): Promise<RecordOutcome> {
    const outcome = await this.#options.calls.send(request);
    switch (outcome.kind) {
      case 'ok':
        return this.#accept(outcome.body, isDone);
      case 'conflict':
        return this.#lose();
      case 'notFound':
        // A create finds nothing only where its namespace is gone.
        return creates ? { kind: 'failed', failure: outcome } : this.#lose();
      default:
        return this.#fail(outcome, isDone);
    }
  }

  /** It was written; while the answer was on its way, the record may have moved on. */
  async #accept(body: string, isDone: () => boolean): Promise<RecordOutcome> {
    const { kind, records, singletonName } = this.#options;
    const written = readObject(body, kind.decodeObject);
    if (written !== undefined) records.applyWritten(singletonName, written);
    else {
      // The answer can't be read: what the write left is asked for.
      this.#markUnknown();
      await this.settle();
    }
    return { kind: isDone() ? 'written' : 'lost' };
  }

  /** What is there now decides what comes next: it is not waited for on the watch. */
  async #lose(): Promise<RecordOutcome> {
    const failure = await this.settle();
    if (failure !== undefined) this.#markUnknown();
    return { kind: 'lost' };
  }

  async #fail(failure: CallFailure, isDone: () => boolean): Promise<RecordOutcome> {
    if (!mayHaveActed(failure)) return { kind: 'failed', failure };
    this.#markUnknown();
    const unsettled = await this.settle();
    if (unsettled === undefined && isDone()) return { kind: 'written' };
    return { kind: 'failed', failure: unsettled ?? failure };
  }

  #markUnknown(): void {
    this.#options.records.markUnknown(this.#options.namespace, this.#options.singletonName);
  }
}
