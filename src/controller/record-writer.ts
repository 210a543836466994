/**
 * Owns changes of the record: the compare-and-swap, and finding out what became of it.
 * Must not go on where the outcome is not known: then the record is unknown until a GET says.
 */
import type { PodReference } from '../core/decision.ts';
import type { Epoch } from '../core/identity.ts';
import type { RecordWrite } from '../core/record.ts';
import { decodeLease } from '../kube/decode-lease.ts';
import { createRequest, getRequest, mergePatchRequest, objectBody, objectPatch } from '../kube/request.ts';
import { LEASES } from '../kube/resources.ts';
import type { ApiRequest } from '../kube/transport.ts';
import type { Clock } from '../time/clock.ts';
import { type ApiCalls, type CallFailure, mayHaveActed, readObject } from './api-calls.ts';
import { encodeLabelsRecord, recordName } from './labels-record-codec.ts';
import { limits } from './limits.ts';
import type { RecordView } from './record-view.ts';

export type RecordOutcome =
  | { readonly kind: 'written' }
  /** Somebody else was first, or the record is not what it was thought to be. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly failure: CallFailure };

export interface RecordWriterOptions {
  readonly namespace: string;
  readonly singletonName: string;
  readonly calls: ApiCalls;
  readonly records: RecordView;
  readonly clock: Clock;
}

export class RecordWriter {
  readonly #options: RecordWriterOptions;
  readonly #target: { readonly namespace: string; readonly name: string };

  constructor(options: RecordWriterOptions) {
    this.#options = options;
    this.#target = { namespace: options.namespace, name: recordName(options.singletonName) };
  }

  /** The request is on its way when this returns. */
  async write(write: RecordWrite, code: string): Promise<RecordOutcome> {
    const { calls } = this.#options;
    const outcome = await calls.send(this.#requestFor(write, code));
    switch (outcome.kind) {
      case 'ok':
        return this.#accept(write, outcome.body);
      case 'conflict':
        return this.#lose();
      case 'notFound':
        // A create finds nothing only where its namespace is gone.
        return write.base.kind === 'replace' ? this.#lose() : { kind: 'failed', failure: outcome };
      default:
        return this.#fail(write, outcome);
    }
  }

  /** Asks the API server, by quorum, how the record stands. Undefined: it answered; an answer that makes no sense leaves the record unknown. */
  async settle(): Promise<CallFailure | undefined> {
    const { namespace, singletonName, calls, records } = this.#options;
    const changesBefore = records.changesOf(namespace, singletonName);
    // Longer than a write: until this is answered nothing is decided, and asking again begins the wait anew.
    const timeoutMs = limits.startRequestTimeoutMs;
    const outcome = await calls.send(getRequest(LEASES, this.#target), { timeoutMs });
    if (outcome.kind === 'notFound') {
      records.applyNotFound(namespace, singletonName, changesBefore);
      return undefined;
    }
    if (outcome.kind !== 'ok') return outcome;
    const lease = readObject(outcome.body, decodeLease);
    if (lease !== undefined) records.applyFound(singletonName, lease, changesBefore);
    return undefined;
  }

  /** The record is known, and names this holder with this epoch. */
  names(epoch: Epoch, holder: PodReference): boolean {
    const { namespace, singletonName, records } = this.#options;
    return records.names(namespace, singletonName, epoch, holder);
  }

  #requestFor(write: RecordWrite, code: string): ApiRequest {
    const { singletonName, clock } = this.#options;
    const { metadata, spec } = encodeLabelsRecord(write, {
      singletonName,
      code,
      wallTimeMs: clock.wallTimeMs(),
    });
    if (write.base.kind === 'replace') {
      const patch = objectPatch({ resourceVersion: write.base.resourceVersion }, { metadata, spec });
      return mergePatchRequest(LEASES, { ...this.#target, patch });
    }
    const body = objectBody(LEASES, { ...metadata, ...this.#target }, { spec });
    return createRequest(LEASES, { namespace: this.#target.namespace, body });
  }

  /** It was written; while the answer was on its way, the record may have moved on. */
  async #accept({ epoch, holder }: RecordWrite, body: string): Promise<RecordOutcome> {
    const lease = readObject(body, decodeLease);
    if (lease !== undefined) this.#options.records.applyWritten(this.#options.singletonName, lease);
    else {
      // The answer can't be read: what the write left is asked for.
      this.#markUnknown();
      await this.settle();
    }
    return { kind: this.names(epoch, holder) ? 'written' : 'lost' };
  }

  /** What is there now decides what comes next: it is not waited for on the watch. */
  async #lose(): Promise<RecordOutcome> {
    const failure = await this.settle();
    if (failure !== undefined) this.#markUnknown();
    return { kind: 'lost' };
  }

  async #fail(write: RecordWrite, failure: CallFailure): Promise<RecordOutcome> {
    if (!mayHaveActed(failure)) return { kind: 'failed', failure };
    this.#markUnknown();
    const unsettled = await this.settle();
    if (unsettled === undefined && this.names(write.epoch, write.holder)) return { kind: 'written' };
    return { kind: 'failed', failure: unsettled ?? failure };
  }

  #markUnknown(): void {
    this.#options.records.markUnknown(this.#options.namespace, this.#options.singletonName);
  }
}
