/**
 * Owns the Singleton as the program knows it: what its spec asks for, with defaults filled in, and what its status says.
 * Must not know JSON: singleton-definition.ts says how each field is written, checked and explained.
 */

/** The one version there is. */
export const singletonVersion = 'understudy.dev/v1alpha1';

export type Safety = 'Prompt' | 'Strict';
export type OnDemote = 'Restart' | 'Notify';
/** `ancestor`: the text `GoActiveDuringFailover`, on promotion only. `json`: {role, epoch, singleton, pod}, echoed epoch acknowledges. */
export type UdpFormat = 'ancestor' | 'json';

export interface SingletonSpec {
  /** The members: pods of the Singleton's namespace with all these labels. Never empty. */
  readonly matchLabels: Readonly<Record<string, string>>;
  /** The Service that must reach the active one; the mode follows from it. Undefined: labels are kept, no traffic is moved. */
  readonly service: string | undefined;
  /** Containers whose end is the pod's end, beside those marked by env pwcriticality=critical. */
  readonly criticalContainers: readonly string[];
  readonly notify: NotifySpec;
  readonly safety: Safety;
  readonly onDemote: OnDemote;
  /** How long a living ex-active has to acknowledge that it stepped down. */
  readonly stepDownMs: number;
  /** The application's TCP port that each controller holds one idle connection to. */
  readonly tripwirePort: number | undefined;
  /** A pod condition that must be True before a member may be chosen. */
  readonly promotionGate: string | undefined;
  /** Moves of the role that rest on no proof have this long between them at least. */
  readonly minFailoverIntervalSeconds: number;
  /** After this a drain is no longer held up for want of a fit standby. */
  readonly drainTimeoutSeconds: number;
  readonly paused: boolean;
  /** The next epoch is at least this: the way back after a restore that lost them all. */
  readonly minEpoch: number;
}

export interface NotifySpec {
  readonly udp: { readonly port: number; readonly format: UdpFormat } | undefined;
  readonly http: { readonly port: number; readonly path: string } | undefined;
}

/** `Direct`: our own EndpointSlice is the record. `Labels`: a Lease is, and the Service selects role=active. */
export type Mode = 'Direct' | 'Labels';

export interface SingletonStatus {
  readonly observedGeneration: number;
  /** Undefined where no Service is named, or none of that name exists yet. */
  readonly mode: Mode | undefined;
  readonly active: ActiveStatus | undefined;
  /** The highest epoch that was given out. */
  readonly epoch: number;
  /** Members that are fit, of all: `2/2`. */
  readonly ready: string;
  readonly standbys: readonly StandbyStatus[];
  readonly conditions: readonly Condition[];
  /** Newest first, at most ten. */
  readonly history: readonly Move[];
  readonly failovers: number;
  readonly switchovers: number;
  /** Why the present decision is what it is. */
  readonly because: Because;
}

export interface Because {
  /** One of docs/reasons.md. */
  readonly code: string;
  readonly sentence: string;
}

export interface ActiveStatus {
  readonly pod: string;
  readonly uid: string;
  readonly node: string | undefined;
  readonly epoch: number;
  /** RFC 3339. */
  readonly since: string;
}

export interface StandbyStatus {
  readonly pod: string;
  readonly node: string | undefined;
  readonly fit: boolean;
  readonly because: string;
}

/** One move of the role. */
export interface Move {
  readonly kind: 'Election' | 'Failover' | 'Switchover';
  readonly because: Because;
  readonly from: string | undefined;
  readonly to: string;
  readonly epoch: number;
  /** RFC 3339, with milliseconds: when the evidence was seen. */
  readonly at: string;
  /** The controller that did it. */
  readonly by: string;
  /** Milliseconds of each phase: detect, decide, record, fence, route, notify, total; absent where there was none. */
  readonly phasesMs: Readonly<Record<string, number>>;
}

export type ConditionType =
  | 'Accepted'
  | 'Available'
  | 'Redundant'
  | 'Paused'
  | 'CrashLooping'
  | 'Degraded'
  | 'DrainBlocked';

/** As Kubernetes' own metav1.Condition. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339, in seconds. */
  readonly lastTransitionTime: string;
}
