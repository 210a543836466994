/**
 * Owns every bound of the Kubernetes client, each with its reason.
 * Must not hold anything that an operator is to tune: these follow from the protocol, not from a cluster.
 */

/** etcd refuses objects over 1.5 MB; a line may carry one with its escapes. Longer: not a watch event. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;

/** A page of 500 large objects stays far below; an unpaged list of 100k small ones fits. V8's string limit is 512 MB. */
export const BODY_BYTES_MAX = 256 * 1024 * 1024;

/** What is kept of the body of a refused watch. A metav1.Status is a few hundred bytes. */
export const REFUSAL_BYTES_MAX = 64 * 1024;

/** How long the body of a refused watch is waited for, before the status alone has to do. */
export const REFUSAL_BODY_MS = 1_000;

/** client-go's pager uses the same: one page parses in tens of milliseconds. */
export const LIST_PAGE_ITEMS = 500;

/** The slowest page of a large, loaded cluster; the API server gives up on its own after 60 s. */
export const LIST_PAGE_TIMEOUT_MS = 30_000;

/** The server ends each watch after a random time of this range, so that watches spread over the servers. */
export const WATCH_TIMEOUT_SECONDS = { min: 300, max: 600 } as const;

/** A watch that outlives its timeout by this much has a peer that answers PINGs and forgot the stream. */
export const WATCH_OVERDUE_MS = 30_000;

/** The end bookmark of a WatchList comes within 1.25 s (kubernetes#122277). Silence this long: it never will. */
export const INITIAL_EVENTS_IDLE_MS = 10_000;

/** A stream that ended sooner than this, without an event, did not work. */
export const SHORT_WATCH_MS = 1_000;

/** An ERROR event with code 500 resumes the watch this often in a row before the version itself is doubted. */
export const INTERNAL_ERROR_RESUMES = 3;

/** No peer, or a peer that went away: after a long outage we have to be back within a second. */
export const RECONNECT_BACKOFF = { firstMs: 25, capMs: 250 } as const;

/** Streams that the server accepts and ends at once, again and again: still soon, but no hammering. */
export const SHORT_WATCH_BACKOFF = { firstMs: 25, capMs: 1_000 } as const;

/** 429 and 5xx without Retry-After: client-go's reflector (0.8 s, doubled up to 30 s). */
export const OVERLOAD_BACKOFF = { firstMs: 800, capMs: 30_000 } as const;

/** A garbled stream: we are blind until it is listed anew, and a list costs the server something. */
export const MALFORMED_BACKOFF = { firstMs: 800, capMs: 5_000 } as const;

/**
 * Missing rights, kinds or credentials: somebody is about to repair that, and a refusal costs the server little. An API
 * server that has just started says so too, for a moment: until it has read the roles (403) and the definitions of
 * custom resources (404).
 */
export const DENIAL_BACKOFF = { firstMs: 100, capMs: 5_000 } as const;

/** A back-off starts anew after this long without trouble, as in client-go. */
export const HEALTHY_AFTER_MS = 120_000;

/** Retry-After is obeyed up to here; more would leave us blind on a mistyped number. */
export const RETRY_AFTER_MAX_MS = 60_000;

/** A resolver asks its next server after 5 s. */
export const LOOKUP_LIMIT_MS = 5_000;

/** Linux sends a second SYN after 1 s and a third after 3 s; a new attempt's first one comes sooner than that. */
export const TCP_CONNECT_LIMIT_MS = 1_000;

/** A loaded API server is slow here; a peer that drops packets is not distinguishable from it earlier. */
export const TLS_HANDSHAKE_LIMIT_MS = 3_000;

/** Two attempts of one transport are at least this far apart, however many requests wait for one. */
export const CONNECT_SPACING_MS = 25;

/** A session that lived this long, or answered once, ends the back-off of reconnecting. */
export const SESSION_PROVEN_MS = 1_000;

/** A PING is sent after this long without a byte from the peer. */
export const PING_IDLE_MS = 1_000;

/** A peer that has not sent anything within this long after a PING is gone. */
export const PING_LIMIT_MS = 1_000;

/** How often liveness is looked at; also the latest an overdue PING is noticed. */
export const LIVENESS_TICK_MS = 250;

/** `alive` means heard within this: idle time, one tick and a slow round trip. */
export const ALIVE_WITHIN_MS = 2_000;

/** Requests and streams that wait for a session. More than that is a caller's loop, not load. */
export const WAITING_MAX = 1_024;

/** A draining session closes by itself when its streams end; the limit only matters to a server that errs. */
export const DRAINING_SESSIONS_MAX = 16;

/** HTTP/2 flow control: one list page or a burst of events fits without a WINDOW_UPDATE. */
export const STREAM_WINDOW_BYTES = 1024 * 1024;
export const SESSION_WINDOW_BYTES = 16 * 1024 * 1024;

/** In MB; node:http2 ends the session beyond it, and its default of 10 is less than our window. */
export const SESSION_MEMORY_MB = 64;

/** The kubelet replaces a bound token at 80 % of its life, which is 10 min at least; client-go reads it as often. */
export const CREDENTIALS_REREAD_MS = 60_000;

/** Kubernetes Events that wait to be written. They are for people: the newest hundreds are enough. */
export const EVENT_QUEUE_MAX = 256;

/** Distinct Events remembered for counting repetitions. */
export const EVENT_KEYS_MAX = 512;

/** client-go's recorder allows bursts of 25 an object; this is for the whole process. */
export const EVENT_BURST = 50;
export const EVENTS_PER_SECOND = 5;

/** An Event write is worth no more than this. */
export const EVENT_TIMEOUT_MS = 5_000;

/** How long Events wait after a write that failed for a reason that passes. */
export const EVENT_RETRY_MS = 2_000;
