/**
 * Owns the endpoints of a Service's second address family: they follow the record, which is of the first one.
 * Must not name a holder that the record does not name, nor an epoch that is not its.
 */
import type { Epoch } from '../core/identity.ts';
import type { RecordWrite } from '../core/record.ts';
import type { EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { Clock } from '../time/clock.ts';
import type { ApiCalls, CallFailure } from './api-calls.ts';
import { directFollowers, encodeDirectRecord, hasSliceLabels, isTouched } from './direct-record-codec.ts';
import type { DirectTraffic } from './direct-traffic.ts';
import type { RecordView } from './record-view.ts';
import { type RecordOutcome, RecordWriter } from './record-writer.ts';

export interface SecondFamilyOptions {
  readonly namespace: string;
  readonly singletonName: string;
  readonly clock: Clock;
  readonly calls: ApiCalls;
  readonly slices: RecordView<EndpointSliceObject>;
  readonly traffic: DirectTraffic;
}

/** Of the record, what its follower repeats. */
export type Followed = Pick<RecordWrite, 'holder' | 'epoch' | 'serving'> & { readonly touched: boolean };

export class SecondFamily {
  readonly #options: SecondFamilyOptions;
  readonly #writer: RecordWriter<EndpointSliceObject>;

  constructor(options: SecondFamilyOptions) {
    this.#options = options;
    const { singletonName, clock, traffic, slices } = options;
    this.#writer = new RecordWriter({
      ...options,
      kind: directFollowers,
      records: slices,
      encode: (write, code) =>
        encodeDirectRecord(write, {
          singletonName,
          service: traffic.service,
          family: traffic.secondFamily ?? traffic.family,
          code,
          wallTimeMs: clock.wallTimeMs(),
          endpoints: traffic.endpointsFor(write, this.#writer.stored, traffic.secondFamily),
        }),
    });
  }

  /** Of the follower, ever: the record's is not below it. */
  get highestEpoch(): Epoch {
    return this.#writer.highestEpoch;
  }

  /**
   * Undefined where there is nothing to do: the Service has one family, or the holder has no address of the second one,
   * and no endpoints are left of it. A headless Service without a selector asks for both families on every cluster
   * (kubernetes: registry/core/service/storage).
   */
  state(followed: Followed): 'current' | 'behind' | undefined {
    const state = this.#compare(followed);
    return state === 'untouched' ? 'behind' : state;
  }

  /** `untouched`: it says the same, and was not written once more as the record was. */
  #compare(followed: Followed): 'current' | 'behind' | 'untouched' | undefined {
    const { traffic, singletonName } = this.#options;
    const family = traffic.secondFamily;
    const { known } = this.#writer;
    if (family === undefined) return known.kind === 'present' ? 'behind' : undefined;
    const isReached = traffic.hasAddress(followed.holder.uid, family);
    if (known.kind !== 'present') return isReached ? 'behind' : undefined;
    if (known.record.epoch !== followed.epoch) return 'behind';
    if (!hasSliceLabels(known.object, { service: traffic.service, singletonName })) return 'behind';
    const { serving, correct } = traffic.judge(known.object, followed.holder.uid, family);
    if (!correct || serving !== (followed.serving && isReached)) return 'behind';
    return followed.touched && !isTouched(known.object) ? 'untouched' : 'current';
  }

  /** By a compare-and-swap: whoever follows an older version of the record loses. */
  async follow(followed: Followed): Promise<RecordOutcome> {
    const { known } = this.#writer;
    if (known.kind === 'unknown') {
      const failure = await this.#writer.settle();
      return failure === undefined ? { kind: 'lost' } : { kind: 'failed', failure };
    }
    const isThere = known.kind === 'present';
    const family = this.#options.traffic.secondFamily;
    if (family === undefined || (isThere && known.object.addressType !== family)) return this.#leave();
    if (isThere && known.record.epoch > followed.epoch) return { kind: 'lost' };
    const base: RecordWrite['base'] = isThere
      ? { kind: 'replace', resourceVersion: known.object.resourceVersion }
      : { kind: 'create' };
    const { touched: _touched, ...rest } = followed;
    const write = { ...rest, base, podsVersion: undefined, singletonVersion: undefined };
    if (this.#compare(followed) === 'untouched') return this.#writer.touch(write);
    return this.#writer.write(write, 'TrafficFollows');
  }

  /** Nobody follows any more. Undefined: its endpoints are gone. */
  async withdraw(): Promise<CallFailure | undefined> {
    const unsettled = this.#writer.known.kind === 'unknown' ? await this.#writer.settle() : undefined;
    return unsettled ?? this.#writer.remove();
  }

  /** The Service has another second family by now, or none. */
  async #leave(): Promise<RecordOutcome> {
    const failure = await this.withdraw();
    return failure === undefined ? { kind: 'written' } : { kind: 'failed', failure };
  }
}
