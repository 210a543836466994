/**
 * Owns the view: everything that decide() may know of one singleton, at one moment.
 * Must not hold an event: what woke the controller is not part of a level-based decision.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { CriticalDeletes } from './critical-deletes.ts';
import type { Epoch, Incarnation, PodUid, ResourceVersion } from './identity.ts';
import type { DepartedMember, Member } from './member.ts';
import type { OtherRecord, RecordView } from './record.ts';

/** Prompt favours uptime where the API has spoken; Strict never promotes without proof. */
export type Safety = 'Prompt' | 'Strict';

export interface Settings {
  readonly safety: Safety;
  /** Nothing is carried out while true; what would be is said. */
  readonly paused: boolean;
  /** What becomes of a living member that gives the role away: it steps down by itself, or its pod is deleted. */
  readonly onDemote: 'Restart' | 'Notify';
  /** How long it has for saying that it stepped down. */
  readonly stepDownMs: number;
  /** It is told over a channel that can say so. */
  readonly canAcknowledge: boolean;
  /** Between moves of the role that rest on no proof. */
  readonly minFailoverIntervalMs: number;
}

/** Those of a singleton that nobody has written a spec for. */
export const defaultSettings: Settings = {
  safety: 'Prompt',
  paused: false,
  onDemote: 'Restart',
  stepDownMs: 0,
  canAcknowledge: false,
  minFailoverIntervalMs: 0,
};

/** Somebody asks for the role to move. */
export interface SwitchoverRequest {
  /** A member's name; undefined: the best one. */
  readonly to: string | undefined;
  /** It is met once the record's epoch is above this one, however that came. */
  readonly atEpoch: Epoch;
  /** Who had the role then, where this controller has seen that. */
  readonly from: PodUid | undefined;
}

export interface SingletonView {
  readonly namespace: string;
  readonly name: string;
  readonly settings: Settings;
  /** Of the mode that is in effect. */
  readonly record: RecordView;
  /** When this controller saw the role move last; undefined where it has not. */
  readonly movedAt: MonotonicMs | undefined;
  /** When this controller saw the latest epoch of either record first; undefined while it knows none. */
  readonly epochSeenAt: MonotonicMs | undefined;
  readonly request: SwitchoverRequest | undefined;
  readonly otherRecord: OtherRecord;
  /** Direct mode: whether the endpoints of a second address family say what the record says; undefined where there is none. */
  readonly follower: 'current' | 'behind' | undefined;
  /** Labels mode: the Service's own endpoints lead to the holder, so that those of a retired record can go. */
  readonly isHolderReached: boolean;
  /** Direct mode: endpoints that are not ours may still lead the Service somewhere (left behind by a selector). */
  readonly othersMayLead: boolean;
  /** Direct mode: a dataplane is there that may miss a change of endpoints until the next one comes (node-view.ts). */
  readonly mayMissEndpoints: boolean;
  /** Highest epoch found anywhere: this controller's memory, annotations, the record. */
  readonly highestEpoch: Epoch;
  readonly members: readonly Member[];
  /** Bounded, newest last; the record's holder is never dropped from it. */
  readonly departed: readonly DepartedMember[];
  /** The newest pod resourceVersion that this controller has seen, bookmarks included: how far its eyes reach. */
  readonly podsVersion: ResourceVersion | undefined;
  /**
   * The newest version of the pods of this very singleton: what a decision rests on. It goes into the record, not
   * `podsVersion`: others could wait up to a minute for a bookmark that only this controller has had.
   */
  readonly evidenceVersion: ResourceVersion | undefined;
  /** The version of the Singleton that this controller goes by; undefined where a flag adopts the pods. */
  readonly singletonVersion: ResourceVersion | undefined;
  /** The newest version of any Singleton there that it has seen, bookmarks included. */
  readonly singletonsSeenVersion: ResourceVersion | undefined;
  readonly sight: Sight;
  readonly criticalDeletes: CriticalDeletes;
  /** Tells under way: decided, sent, but not yet confirmed in the pod's annotation. */
  readonly telling: ReadonlySet<PodUid>;
  /** The life of the holder whose port refuses after its connection was lost: nobody serves there (tripwire). */
  readonly refused: Incarnation | undefined;
  /** Members that this controller has told to step down, and what it has heard of that. */
  readonly steppingDown: ReadonlyMap<PodUid, StepDown>;
}

/** `asked` at this time of the controller's clock, and not answered yet. */
export type StepDown =
  | { readonly kind: 'asked'; readonly at: MonotonicMs }
  | { readonly kind: 'acknowledged' };

/** Whether this controller may trust what it sees (a stale view must not decide). */
export type Sight =
  | { readonly kind: 'clear' }
  | { readonly kind: 'blind'; readonly because: 'not-synced' | 'connection-silent' | 'heartbeat-missing' };
