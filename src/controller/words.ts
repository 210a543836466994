/**
 * Owns the labels and annotations by which controllers, applications and people understand each other.
 * Must not change a word of it lightly: other controllers of the same cluster, and other versions, read them.
 */

export const words = {
  /** Pod label: `active` or `standby`. The Service selects on it. */
  role: 'role',
  /** Pod annotation: the epoch that the role label was written for. */
  epoch: 'understudy.dev/epoch',
  /** Pod annotation: who was told last that it is active, `EPOCH/INCARNATION`, or no longer, `EPOCH/INCARNATION/standby`. */
  told: 'understudy.dev/told',
  /** Pod annotation: an integer, or `never`. */
  priority: 'understudy.dev/priority',
  /** Annotation of a Singleton: the role is to move, to this member or to the `best`; with `@EPOCH`, from that epoch on. */
  switchover: 'understudy.dev/switchover',
  /** Annotation of a Singleton: what became of the last such request, `done: …` or `refused: …`. */
  switchoverResult: 'understudy.dev/switchover-result',
  /** Pod annotation: of a ReplicaSet's pods, those with less of it go first (controller.kubernetes.io). */
  deletionCost: 'controller.kubernetes.io/pod-deletion-cost',
  /** Environment variable of a container: `critical` or `noncritical`. */
  criticality: 'pwcriticality',

  /** Lease label: what the Lease is: `record`, `controller` (a heartbeat) or `pair`. */
  lease: 'understudy.dev/lease',
  /** Label of the record: the singleton whose record it is. */
  singleton: 'understudy.dev/singleton',
  /** Lease label: the group of controllers that it belongs to. */
  group: 'understudy.dev/group',

  /** Annotations of the record. In Direct mode it is an EndpointSlice, which has no fields of its own for the first three. */
  holder: 'understudy.dev/holder',
  recordEpoch: 'understudy.dev/record-epoch',
  since: 'understudy.dev/since',
  /** `Direct` or `Labels`: where the record has gone. From here on this one names nobody. */
  movedTo: 'understudy.dev/moved-to',
  holderUid: 'understudy.dev/holder-uid',
  holderIncarnation: 'understudy.dev/holder-incarnation',
  /** Its UID once more: its pod was seen to have ended, and nobody could follow then. */
  holderStopped: 'understudy.dev/holder-stopped',
  /** Of an EndpointSlice: the epoch after whose move it was written once more, for dataplanes that may have missed that. */
  touched: 'understudy.dev/touched',
  podsVersion: 'understudy.dev/pods-version',
  /** The version of the Singleton by whose word it was written. */
  singletonVersion: 'understudy.dev/singleton-version',
  because: 'understudy.dev/because',

  /** Labels of an EndpointSlice: whose endpoints they are, and who keeps them. */
  serviceName: 'kubernetes.io/service-name',
  managedBy: 'endpointslice.kubernetes.io/managed-by',
  /** The value of the label `managedBy` on ours. */
  manager: 'understudy.dev',
  /** Label of a headless Service's EndpointSlice. */
  headless: 'service.kubernetes.io/headless',

  /** Annotation of a heartbeat: which life of the controller renewed it, and when by its own clock. */
  heartbeat: 'understudy.dev/heartbeat',
  /** Annotation of a heartbeat: the UID of the pod that the controller runs in. */
  podUid: 'understudy.dev/pod-uid',
} as const;
