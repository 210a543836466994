/**
 * Owns the record: the one object that says who is active, as the decision sees it.
 * Must not know how it is stored: a Lease in Labels mode, an EndpointSlice in Direct mode.
 */
import type { Epoch, Incarnation, PodUid, ResourceVersion } from './identity.ts';

/** The member that the record names. */
export interface Holder {
  readonly uid: PodUid;
  readonly name: string;
  readonly incarnation: Incarnation;
  /** That its pod has ended was seen, and written down: nobody could follow then. */
  readonly hasStopped: boolean;
}

export type RecordView =
  /** Not read yet, or a write to it went out and its outcome is not known: nothing may be decided. */
  | { readonly kind: 'unknown' }
  /** It does not exist. The next one starts above every epoch that was ever seen. */
  | { readonly kind: 'absent' }
  | RetiredRecord
  | PresentRecord;

/** It has handed the role over to the record of the other mode: only a new holder and epoch revive it. */
export interface RetiredRecord {
  readonly kind: 'retired';
  readonly resourceVersion: string;
  readonly epoch: Epoch;
  /** Whom it named last: as long as no later epoch was given out, that member may still act. */
  readonly holder: Holder | undefined;
}

export interface PresentRecord {
  readonly kind: 'present';
  readonly resourceVersion: string;
  readonly epoch: Epoch;
  /** Undefined where somebody emptied it by hand: then it names nobody. */
  readonly holder: Holder | undefined;
  /** The pod resourceVersion that the last change was decided on: an older view of the pods is stale. */
  readonly podsVersion: ResourceVersion | undefined;
  /**
   * The version of the Singleton by whose word it was written; undefined where a flag adopts the pods. Who has not seen that
   * one goes by another, which may have had other members.
   */
  readonly singletonVersion: ResourceVersion | undefined;
  readonly traffic: RecordTraffic;
}

/** How traffic follows the record. */
export type RecordTraffic =
  /** Labels mode: the Service selects the role label. */
  | { readonly kind: 'by-label' }
  /**
   * Direct mode: by the record's own endpoints. `serving`: the holder's is ready. `correct`: beside that, addresses and
   * ports are what they should be, they are found by their labels, and nobody else's is ready. `touched`: it was written
   * once more since the role moved, for a dataplane that may have missed that.
   */
  | {
      readonly kind: 'by-record';
      readonly serving: boolean;
      readonly correct: boolean;
      readonly touched: boolean;
    };

/**
 * The record of the mode that is not in effect. Only one of the two names a holder: before one is made or revived, the
 * other one is absent or retired.
 */
export type OtherRecord =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'absent' }
  /** `leadsTo`: its endpoints are still there, and lead to whom it named last; undefined where it has none. */
  | {
      readonly kind: 'retired';
      readonly epoch: Epoch;
      readonly holder: Holder | undefined;
      readonly leadsTo: PodUid | undefined;
    }
  | { readonly kind: 'present'; readonly resourceVersion: string; readonly epoch: Epoch };

/** A compare-and-swap on the record: it takes effect only where the record is still as `base` says. */
export interface RecordWrite {
  readonly base: { readonly kind: 'create' } | { readonly kind: 'replace'; readonly resourceVersion: string };
  readonly holder: Holder;
  readonly epoch: Epoch;
  readonly podsVersion: ResourceVersion | undefined;
  readonly singletonVersion: ResourceVersion | undefined;
  /** Direct mode: whether the holder's endpoint is ready. In Labels mode it says nothing. */
  readonly serving: boolean;
}
