/**
 * Owns one singleton of a test: its pods, its record and its address as they are now, and its end.
 * Must not strike it, nor judge what comes of that.
 */
import type { Target } from '../../../src/cli/steady-client/connection-attempt.ts';
import { directRecords } from '../../../src/controller/direct-record-codec.ts';
import { labelsRecords } from '../../../src/controller/labels-record-codec.ts';
import { type RecordKind, singletonOf } from '../../../src/controller/stored-record.ts';
import { words } from '../../../src/controller/words.ts';
import type { JsonObject } from '../../../src/kube/decode.ts';
import type { ObjectMeta } from '../../../src/kube/decode-meta.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import { type History, historyOf } from '../recorder/history.ts';
import { hasLabels, type Stage } from '../stage.ts';

/** What there has to be before a strike. */
export interface GoodStanding {
  readonly active: PodObject;
  /** The fit standbys, oldest first. */
  readonly standbys: readonly PodObject[];
  readonly epoch: number;
}

export interface CurrentRecord {
  readonly epoch: number;
  readonly holder: { readonly name: string; readonly uid: string | undefined } | undefined;
}

export interface SingletonPlace {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly service: string;
  readonly address: Target;
  /** Of its ReplicaSet or Deployment, in the API. */
  readonly workloadPath: string;
  /** How many standbys belong to good order. */
  readonly standbys: number;
}

const goodOrderWithinMs = 60_000;
const goneWithinMs = 120_000;

export class Singleton {
  readonly stage: Stage;
  readonly place: SingletonPlace;

  constructor(stage: Stage, place: SingletonPlace) {
    this.stage = stage;
    this.place = place;
  }

  isMember(pod: PodObject): boolean {
    return hasLabels(pod, this.place.labels);
  }

  pods(): readonly PodObject[] {
    return this.stage.pods(this.place.namespace, this.place.labels);
  }

  /** All that was recorded in its namespace. */
  history(): History {
    return historyOf(this.stage.recorder.changes, this.place.namespace);
  }

  /** The one that names the holder; that of the other mode may be there still, and names nobody. */
  record(): CurrentRecord | undefined {
    const { recorder } = this.stage;
    return [
      ...this.#recordsAmong(recorder.current('endpointslices'), directRecords),
      ...this.#recordsAmong(recorder.current('leases'), labelsRecords),
    ][0];
  }

  #recordsAmong<T extends ObjectMeta>(
    objects: readonly JsonObject[],
    { decodeObject, nameOf, decodeRecord }: RecordKind<T>,
  ): readonly CurrentRecord[] {
    return objects
      .map(decodeObject)
      .filter(
        (object) => object.namespace === this.place.namespace && singletonOf(object, nameOf) !== undefined,
      )
      .map(decodeRecord)
      .filter(({ retired }) => !retired);
  }

  /** The good standing; or what is missing for it. */
  standing(): GoodStanding | string {
    const [active, ...more] = this.pods().filter(({ labels }) => labels[words.role] === 'active');
    if (active === undefined) return 'a pod with role=active';
    if (more.length > 0) return 'one role=active instead of several';
    if (active.deletion !== undefined || !active.ready) return `${active.name} to be Ready and to stay`;
    const record = this.record();
    if (record?.holder?.uid !== active.uid) return `the record to name ${active.name}`;
    const standbys = this.pods().filter(
      (pod) => pod.uid !== active.uid && pod.ready && pod.deletion === undefined,
    );
    if (standbys.length < this.place.standbys) return `${this.place.standbys} fit standbys`;
    return { active, standbys, epoch: record.epoch };
  }

  inGoodOrder(withinMs = goodOrderWithinMs): Promise<GoodStanding> {
    return this.stage.recorder.waitFor(() => this.standing(), withinMs);
  }

  /** Resolves when nothing is left of its pods. */
  async remove(): Promise<void> {
    const { api, recorder } = this.stage;
    const { namespace } = this.place;
    await api.delete(`/api/v1/namespaces/${namespace}`);
    await recorder.waitFor(
      () => (this.stage.pods(namespace).length === 0 ? {} : `the end of ${namespace}`),
      goneWithinMs,
    );
  }
}
