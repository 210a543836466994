/** Owns the bounds and periods of the sandbox's controllers, each with its reason. */

/** client-go util/workqueue/default_rate_limiters.go: 5 ms, doubled; the cap is lower than its 1000 s: nobody waits here. */
export const RETRY_FIRST_MS = 5;
export const RETRY_MAX_MS = 5_000;

/** kube-controller-manager --node-monitor-period. */
export const NODE_MONITOR_PERIOD_MS = 5_000;
/** kube-controller-manager --node-monitor-grace-period since 1.32. */
export const NODE_MONITOR_GRACE_MS = 50_000;
/** pkg/controller/podgc: gcCheckPeriod. */
export const POD_GC_PERIOD_MS = 20_000;
/** pkg/controller/podgc: quarantineTime, for which a node has to be missing. */
export const POD_GC_QUARANTINE_MS = 40_000;

/** pkg/controller/replicaset: BurstReplicas: pods made or deleted in one look. */
export const BURST_REPLICAS = 500;

/** endpointslice controller: --max-endpoints-per-slice is 100; one slice has to do here, up to the API's own limit. */
export const ENDPOINTS_PER_SLICE_MAX = 1_000;

/**
 * From a change to the ReplicaSet controller's look at it: it is another process behind a watch, which works 5-20 ms
 * later on a real cluster. Here it shares one thread with the API server, whose answers would wait for its work.
 */
export const REPLICA_SET_REACTION_MS = 20;

/** The EndpointSlice controller is on the way of traffic: it waits only until the API's own answers are out. */
export const ENDPOINTS_REACTION_MS = 1;

/**
 * From a change to the look of a controller that is on nobody's way: of Endpoints objects, of their mirrors, of budgets.
 * On a real cluster they are other threads of another process; here the API's answers would wait for their work.
 */
export const ASIDE_REACTION_MS = 20;

/** endpoints controller: maxCapacity; an Endpoints object that would have more is cut. */
export const ENDPOINTS_ADDRESSES_MAX = 1_000;

/** endpointslicemirroring controller: --mirroring-max-endpoints-per-subset. */
export const MIRRORED_ENDPOINTS_MAX = 1_000;

/** disruption controller: DeletionTimeout: an eviction that was let through has to begin within this time to count. */
export const EVICTION_TIMEOUT_MS = 120_000;
