/**
 * Owns the records of one singleton: which of the two is in effect, and what is written to which.
 * Must not decide when the mode changes hands: the decision sees both records and says.
 */
import type { Mode } from '../api/singleton.ts';
import type { PodReference } from '../core/decision.ts';
import { type Epoch, higherEpoch, noEpoch } from '../core/identity.ts';
import type { RecordView as CoreRecordView, OtherRecord, RecordWrite } from '../core/record.ts';
import type { SingletonView } from '../core/view.ts';
import type { EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { LeaseObject } from '../kube/decode-lease.ts';
import type { Clock } from '../time/clock.ts';
import type { ApiCalls, CallFailure } from './api-calls.ts';
import {
  directRecords,
  encodeDirectRecord,
  hasSliceLabels,
  isTouched,
  sliceLabels,
} from './direct-record-codec.ts';
import type { DirectTraffic } from './direct-traffic.ts';
import { encodeLabelsRecord, labelsRecords } from './labels-record-codec.ts';
import type { RecordView } from './record-view.ts';
import { type RecordOutcome, RecordWriter } from './record-writer.ts';
import { type Followed, SecondFamily } from './second-family.ts';
import { seeOther, seeRecord } from './seen-record.ts';
import type { SingletonPods } from './singleton-pods.ts';

interface DirectParts {
  readonly records: RecordView<EndpointSliceObject>;
  /** Of second families. */
  readonly followers: RecordView<EndpointSliceObject>;
  readonly traffic: DirectTraffic;
}

export interface SingletonRecordsOptions {
  readonly namespace: string;
  readonly singletonName: string;
  readonly clock: Clock;
  readonly calls: ApiCalls;
  readonly pods: SingletonPods;
  readonly labels: RecordView<LeaseObject>;
  /** Undefined where the singleton has no Service of its own to lead: it is in Labels mode for ever. */
  readonly direct: DirectParts | undefined;
}

/** What the decision gets to see of them. */
export interface SeenRecords {
  readonly record: CoreRecordView;
  readonly otherRecord: OtherRecord;
  readonly follower: SingletonView['follower'];
  /** Of both of them, ever. */
  readonly highestEpoch: Epoch;
}

type Writer = RecordWriter<LeaseObject> | RecordWriter<EndpointSliceObject>;

export class SingletonRecords {
  readonly #options: SingletonRecordsOptions;
  readonly #labels: RecordWriter<LeaseObject>;
  readonly #direct: RecordWriter<EndpointSliceObject> | undefined;
  readonly #second: SecondFamily | undefined;

  constructor(options: SingletonRecordsOptions) {
    this.#options = options;
    const { namespace, singletonName, calls, clock, labels, direct } = options;
    const place = { namespace, singletonName, calls };
    this.#labels = new RecordWriter({
      ...place,
      kind: labelsRecords,
      records: labels,
      encode: (write, code) =>
        encodeLabelsRecord(write, { singletonName, code, wallTimeMs: clock.wallTimeMs() }),
    });
    if (direct === undefined) return;
    this.#second = new SecondFamily({ ...place, clock, slices: direct.followers, traffic: direct.traffic });
    this.#direct = new RecordWriter({
      ...place,
      kind: directRecords,
      records: direct.records,
      encode: (write, code) => this.#encodeDirect(write, code, direct.traffic),
    });
  }

  /** Direct where the Service is there and selects nobody. */
  get mode(): Mode {
    return this.#options.direct?.traffic.isWanted === true ? 'Direct' : 'Labels';
  }

  seen(): SeenRecords {
    const { pods } = this.#options;
    const other = this.#other;
    const record = this.#seeCurrent(pods);
    const followed = followedOf(record);
    return {
      record,
      follower: followed === undefined ? undefined : this.#second?.state(followed),
      otherRecord: other === undefined ? { kind: 'absent' } : seeOther(other.known, pods, this.mode),
      highestEpoch: [other?.highestEpoch, this.#second?.highestEpoch]
        .map((epoch) => epoch ?? noEpoch)
        .reduce(higherEpoch, this.#current.highestEpoch),
    };
  }

  /** The epoch of the record in effect; 0 where there is none. */
  get epoch(): number {
    const { known } = this.#current;
    return known.kind === 'present' ? known.record.epoch : 0;
  }

  get isAbsent(): boolean {
    return this.#labels.known.kind === 'absent' && (this.#direct?.known.kind ?? 'absent') === 'absent';
  }

  get isUnknown(): boolean {
    return this.#current.known.kind === 'unknown';
  }

  /** A write of ours left one of them unknown: `settle` asks. */
  get isUnsettled(): boolean {
    return this.#labels.isUnsettled || this.#direct?.isUnsettled === true;
  }

  async settle(): Promise<CallFailure | undefined> {
    const unsettled = [this.#labels, this.#direct].filter((writer) => writer?.isUnsettled === true);
    const failures = await Promise.all(unsettled.map((writer) => writer?.settle()));
    return failures.find((failure) => failure !== undefined);
  }

  /** The record in effect is known, and names this holder with this epoch. */
  names(epoch: Epoch, holder: PodReference): boolean {
    return this.#current.names(epoch, holder);
  }

  /** The record in effect is known, and names this pod, with whichever epoch. */
  holds({ uid }: PodReference): boolean {
    const { known } = this.#current;
    return known.kind === 'present' && !known.record.retired && known.record.holder?.uid === uid;
  }

  /** The request is on its way when this returns, but for a record that begins: there the other one is asked for first. */
  write(write: RecordWrite, code: string): Promise<RecordOutcome> {
    if (this.#isOfOtherFamily) return this.#giveWay();
    const other = this.#other;
    const begins = write.base.kind === 'create' || this.#current.isRetired;
    if (begins && other !== undefined) return this.#begin(write, code, other);
    return this.#current.write(write, code);
  }

  /** The endpoints, and the labels by which they are found. In Labels mode there are none. */
  async writeTraffic(write: RecordWrite): Promise<RecordOutcome> {
    const { direct } = this.#options;
    if (direct === undefined || this.#direct === undefined) return { kind: 'lost' };
    if (this.#isOfOtherFamily) return this.#giveWay();
    const labels = sliceLabels({
      service: direct.traffic.service,
      singletonName: this.#options.singletonName,
    });
    return this.#direct.amend(write, labels, { ...direct.traffic.endpointsFor(write, this.#direct.stored) });
  }

  /** As it is: what was missed of it is seen now. */
  async touchTraffic(write: RecordWrite): Promise<RecordOutcome> {
    return this.#direct?.touch(write) ?? { kind: 'lost' };
  }

  /** In the record that is in effect, with the endpoints that go with it. */
  noteEnd(write: RecordWrite): Promise<RecordOutcome> {
    return this.mode === 'Direct' ? this.writeTraffic(write) : this.#labels.amend(write, {}, {});
  }

  /** The second family, as the record is by now. */
  async follow(): Promise<RecordOutcome> {
    const followed = followedOf(this.#seeCurrent(this.#options.pods));
    if (followed === undefined || this.#second === undefined) return { kind: 'lost' };
    return this.#second.follow(followed);
  }

  async retireOther(resourceVersion: string): Promise<RecordOutcome> {
    return this.#other?.retire(resourceVersion, this.mode) ?? { kind: 'lost' };
  }

  /** Only slices carry traffic. The record goes last: as long as it is there, it is known that something is left. */
  async withdrawTraffic(): Promise<CallFailure | undefined> {
    if (this.#direct?.isRetired !== true) return undefined;
    return (await this.#second?.withdraw()) ?? this.#direct.remove();
  }

  get #current(): Writer {
    return this.mode === 'Direct' && this.#direct !== undefined ? this.#direct : this.#labels;
  }

  get #other(): Writer | undefined {
    if (this.#direct === undefined) return undefined;
    return this.mode === 'Direct' ? this.#labels : this.#direct;
  }

  /** The Service has another primary family by now, and a slice's can't be changed (discovery/v1, addressType). */
  get #isOfOtherFamily(): boolean {
    const stored = this.#direct?.stored;
    const family = this.mode === 'Direct' ? this.#options.direct?.traffic.family : undefined;
    return family !== undefined && stored !== undefined && stored.addressType !== family;
  }

  /** It leads nobody of the Service that there is now: the next one is made in its place, with the next epoch. */
  async #giveWay(): Promise<RecordOutcome> {
    const failure = await this.#direct?.remove();
    return failure === undefined ? { kind: 'lost' } : { kind: 'failed', failure };
  }

  /** A watch may not have brought it yet: only a GET shows that no other record names somebody. */
  async #begin(write: RecordWrite, code: string, other: Writer): Promise<RecordOutcome> {
    const current = this.#current;
    const failure = await other.settle();
    if (failure !== undefined) return { kind: 'failed', failure };
    const isFree = other.known.kind === 'absent' || other.isRetired;
    // While the answer was on its way the mode may have changed, and an epoch have been given out that was not known.
    const isNext = this.#current === current && write.epoch > this.seen().highestEpoch;
    return isFree && isNext ? current.write(write, code) : { kind: 'lost' };
  }

  #seeCurrent(pods: SingletonPods): CoreRecordView {
    if (this.#direct !== undefined && this.mode === 'Direct') {
      const { known } = this.#direct;
      const record = seeRecord(known, pods, { kind: 'by-label' });
      const traffic = this.#options.direct?.traffic;
      if (record.kind !== 'present' || known.kind !== 'present' || traffic === undefined) return record;
      const { singletonName } = this.#options;
      const isFound = hasSliceLabels(known.object, { service: traffic.service, singletonName });
      const judged = traffic.judge(known.object, record.holder?.uid ?? '');
      return {
        ...record,
        traffic: { ...judged, correct: judged.correct && isFound, touched: isTouched(known.object) },
      };
    }
    return seeRecord(this.#labels.known, pods, { kind: 'by-label' });
  }

  #encodeDirect(write: RecordWrite, code: string, traffic: DirectTraffic) {
    const { singletonName, clock } = this.#options;
    return encodeDirectRecord(write, {
      singletonName,
      service: traffic.service,
      family: traffic.family,
      code,
      wallTimeMs: clock.wallTimeMs(),
      endpoints: traffic.endpointsFor(write, this.#direct?.stored),
    });
  }
}

function followedOf(record: CoreRecordView): Followed | undefined {
  if (record.kind !== 'present' || record.holder === undefined) return undefined;
  const { holder, epoch, traffic } = record;
  if (traffic.kind !== 'by-record') return undefined;
  return { holder, epoch, serving: traffic.serving, touched: traffic.touched };
}
