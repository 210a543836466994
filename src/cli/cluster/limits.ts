/**
 * Owns the bounds and delays of the commands that look at a cluster, each with its reason.
 * Must not hold a bound of the client or the controller: src/kube/limits.ts and src/controller/limits.ts do.
 */

export const limits = {
  /** A person waits for the answer. The slowest list of a large cluster takes seconds. */
  requestTimeoutMs: 15_000,
  /** Pages of one list, 500 objects each: a cluster of 100,000 pods. */
  listPagesMax: 200,

  /** On a terminal the page is drawn anew this often, for the times on it. */
  redrawMs: 1_000,

  /** A selector is found by trying a pod's labels together: 2¹⁰ tries a pod. Pods of more labels are not tried. */
  namingLabelsMax: 10,

  /** A planned move takes some tens of ms, and `stepDownMs` where the old active takes its time. */
  switchoverTimeoutSeconds: 30,
  /** The request has been carried out: its line in the history follows by another write. */
  historyWaitMs: 2_000,
  /** A request is withdrawn against the newest version; somebody else may write between the look and the write. */
  withdrawTries: 5,

  /** A controller renews its heartbeat each 500 ms; one that has not within this is not alive, or not able. */
  heartbeatLookMs: 2_500,
  /** Rights are asked for in this many namespaces of singletons: some 15 questions each, and roles seldom differ. */
  reviewedNamespacesMax: 5,
  /** An HTTP date has whole seconds, and an answer takes its time: less than this apart cannot be told from equal. */
  clockDifferenceMs: 2_000,
  /** A kube-proxy that pauses no longer than this costs a takeover nothing that a client notices. */
  proxyPauseMs: 50,
} as const;
