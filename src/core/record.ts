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
}

export type RecordView =
  /** Not read yet, or a write to it went out and its outcome is not known: nothing may be decided. */
  | { readonly kind: 'unknown' }
  /** It does not exist. The next one starts above every epoch that was ever seen. */
  | { readonly kind: 'absent' }
  | PresentRecord;

export interface PresentRecord {
  readonly kind: 'present';
  readonly resourceVersion: string;
  readonly epoch: Epoch;
  /** Undefined where somebody emptied it by hand: then it names nobody. */
  readonly holder: Holder | undefined;
  /** The pod resourceVersion that the last change was decided on: an older view of the pods is stale. */
  readonly podsVersion: ResourceVersion | undefined;
}

/** A compare-and-swap on the record: it takes effect only where the record is still as `base` says. */
export interface RecordWrite {
  readonly base: { readonly kind: 'create' } | { readonly kind: 'replace'; readonly resourceVersion: string };
  readonly holder: Holder;
  readonly epoch: Epoch;
  readonly podsVersion: ResourceVersion | undefined;
}
