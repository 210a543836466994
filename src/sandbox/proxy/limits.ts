/** Owns the bounds of the service proxy, each with its reason. */

/** Linux: net.core.somaxconn; a burst of clients waits in the kernel, not here. */
export const TCP_BACKLOG = 4_096;

/** UDP flows remembered per service port; the one idle for longest goes first. */
export const UDP_FLOWS_MAX = 1_024;

/** Linux: net.netfilter.nf_conntrack_udp_timeout_stream is 120 s, nf_conntrack_udp_timeout 30 s: one value here. */
export const UDP_FLOW_IDLE_MS = 30_000;

/** An address that something else holds is tried again after this. */
export const LISTEN_RETRY_MS = 250;
