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
  /** Environment variable of a container: `critical` or `noncritical`. */
  criticality: 'pwcriticality',

  /** Lease label: what the Lease is: `record`, `controller` (a heartbeat) or `pair`. */
  lease: 'understudy.dev/lease',
  /** Lease label: the singleton whose record it is. */
  singleton: 'understudy.dev/singleton',
  /** Lease label: the group of controllers that it belongs to. */
  group: 'understudy.dev/group',

  /** Annotations of the record. */
  holderUid: 'understudy.dev/holder-uid',
  holderIncarnation: 'understudy.dev/holder-incarnation',
  podsVersion: 'understudy.dev/pods-version',
  because: 'understudy.dev/because',

  /** Annotation of a heartbeat: which life of the controller renewed it, and when by its own clock. */
  heartbeat: 'understudy.dev/heartbeat',
  /** Annotation of a heartbeat: the UID of the pod that the controller runs in. */
  podUid: 'understudy.dev/pod-uid',
} as const;
