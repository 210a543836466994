/** Owns every bound of the sandbox's nodes, each with its reason. Must not hold anything that is not a number. */

/** kubelet: pkg/kubelet/kubelet.go `genericPlegRelistPeriod`. */
export const PLEG_RELIST_PERIOD_MS = 1_000;

/** kubelet: `MaxContainerBackOff`; the first restart waits for nothing, the second for this, then twice as long each. */
export const RESTART_BACKOFF_FIRST_MS = 10_000;
export const RESTART_BACKOFF_MAX_MS = 300_000;
/** client-go util/flowcontrol/backoff.go: an entry untouched for twice the maximum is forgotten. */
export const RESTART_BACKOFF_RESET_MS = 2 * RESTART_BACKOFF_MAX_MS;

/** kubelet: kuberuntime_container.go `minimumGracePeriodInSeconds`: what even a forced delete leaves a process. */
export const GRACE_MIN_SECONDS = 2;

/** kubelet: `nodeLeaseDurationSeconds` 40, renewed at a quarter of it. */
export const NODE_LEASE_DURATION_SECONDS = 40;
export const NODE_LEASE_RENEW_MS = 10_000;

/**
 * From a change of a pod in the API to the kubelet acting on it: it is another process behind a watch, and SIGTERM
 * follows a delete by 15-30 ms on a real node. Here it shares one thread with the API server, whose answers would wait
 * for the kubelet's work if that came first.
 */
export const REACTION_MS = 25;

/**
 * What a real node takes before a pod's first container runs: sandbox, network, image check (a pod is up 1.1-1.8 s
 * after its creation on kind, kubernetes/kubernetes#137362). Without it a replacement's start, which costs this machine
 * more than any failover, would fall into the very milliseconds in which its predecessor's role moves.
 */
export const POD_SANDBOX_MS = 500;

/**
 * What a runtime takes to create and start a container again in a pod that is there. As with POD_SANDBOX_MS: without it
 * the crashed container's new process would be started in the very milliseconds of the failover.
 */
export const CONTAINER_CREATE_MS = 150;

/** kubelet's default is 110; a node has the addresses .2 to .254 of one /24. */
export const PODS_PER_NODE_MAX = 250;

/** Bytes of output kept of one container life. A real node keeps 10 MiB on disk; this is memory. */
export const CONTAINER_LOG_BYTES_MAX = 256 * 1_024;
/** A longer line is cut there, as containerd does (16 KiB partial lines), so that one line can't be the whole log. */
export const CONTAINER_LOG_LINE_BYTES_MAX = 16 * 1_024;
/** How long a container whose configuration can't be resolved waits before the next look (kubelet: sync period 10 s). */
export const CONFIG_RETRY_MS = 10_000;
