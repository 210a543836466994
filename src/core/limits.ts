/**
 * Owns the bounds and delays of the decision, each with its reason.
 * Must not hold a bound of the shell (queues, sockets, logs): src/controller/limits.ts does.
 */

export const limits = {
  /**
   * A controller that is not the active one waits this long before it acts on the same need: long enough for the
   * active's writes to come back on the watch (5–20 ms on a real cluster), short enough to cost a failover little.
   */
  backupDelayMs: 50,
  /** The kubelet's own longest restart back-off: beyond it, deleting the pod is no faster than leaving it alone. */
  criticalDeleteDelayMsMax: 300_000,
  /** The kubelet forgets a container's back-off after 10 minutes of running; so does the rule's. */
  criticalBoutResetMs: 600_000,
  /** A Lease keeps its transitions in an int32 (coordination.k8s.io/v1). */
  recordEpochMax: 2_147_483_647,
  /** Epochs above this in an annotation are not believed: the rest is room for failovers after one was planted. */
  epochBelievedMax: 2_000_000_000,
  /**
   * As many epochs a record may have given out, when it is lost, that neither a pod nor a status tells of: a label follows
   * within a round trip and a status within 500 ms, so that is more moves than can follow each other before both are there.
   */
  epochsUntoldMax: 10,
  /** How long the lowest-named controller has for its claim before the next one makes its own. */
  pairClaimPatienceMs: 1_000,
  /** Strict fences without an agent by this grace: 0 would remove the pod and with it the proof that it ended. */
  strictFenceGraceSeconds: 1,
  /** Kubernetes' slices follow a label within milliseconds, or a second later where its cache lags behind its own last write. */
  slicesFollowMs: 2_000,
  /** Well after a dataplane has taken in a change that it has not missed (Cilium gathers changes for 500 ms). */
  touchDelayMs: 5_000,
} as const;
