/**
 * Owns the bounds and delays of the running controller, each with its reason.
 * Must not hold a bound of the decision itself: src/core/limits.ts does.
 */

export const limits = {
  /** A write to a healthy API server takes 3–10 ms; beyond this the outcome is unknown and is asked for. */
  requestTimeoutMs: 500,
  /**
   * What no failover waits for (the own pod, the permissions, the heartbeat, the pair), and the GET without whose answer
   * none goes on: an API server that is warming up, or a second away, answers within this.
   */
  startRequestTimeoutMs: 2_000,

  /** Requests of passes and tells that are on their way at once: enough to fill a connection, few enough to be answered. */
  callsUnderWayMax: 64,

  /** A pass that failed is decided again after 20, 40, 80 … ms, with full jitter above half of it. */
  passBackoffMsMin: 20,
  /** The API may be gone for 30 s: a try each half second ends the failover within 1 s of its return. */
  passBackoffMsMax: 500,
  /** What the API refuses (403, 422) does not get better by itself within milliseconds. */
  refusedBackoffMsMax: 5_000,
  /** One need may come back this often before it is met ever more slowly: two controllers, or an answer and a watch, cross. */
  repeatsFreeMax: 5,
  /** The API server's own Retry-After is followed up to here. */
  retryAfterMsMax: 10_000,
  /** A bug in the decision on one singleton: it is tried again, but not so often that it costs the others anything. */
  bugBackoffMs: 5_000,
  /** After a 409 on a pod's label the newer pod is due on the watch within ms; then the decision goes on without it. */
  newerPodWaitMs: 250,
  /** More passes than this within passWindowMs is somebody fighting over labels, or a flapping member: slow down. */
  passesPerWindowMax: 20,
  passWindowMs: 1_000,

  /** An ICMP refusal comes back within a round trip; on a pod network that is below this. */
  refusalWaitMs: 15,
  /** Open sockets of one kind of channel: a cold start tells every singleton at once. */
  notifySocketsMax: 128,
  /** A busy application echoes an epoch within this; one that is slower is sent it again, and echoes that. */
  datagramAnswerMs: 250,
  /** A POST is connected and answered within this: an application may have work to end before it says that it steps down. */
  postAnswerMs: 1_000,
  /** An answer to a POST, head and body: a page of headers and a line. Who sends more is not listened to. */
  postAnswerBytesMax: 8_192,
  /**
   * Where others wait for a socket, half of those that have waited this long for an answer give up theirs: a thousand
   * applications that hang cost another one's failover little more than this.
   */
  answerPatienceMs: 50,
  /** The listener may start after the pod is Ready: the notice is repeated after 20, 40 … ms, at most each 2 s. */
  tellBackoffMsMin: 20,
  tellBackoffMsMax: 2_000,

  /** A status is written this long after something changed, so that a failover is one write and not four. */
  statusDelayMs: 100,
  /** And not more often than this. */
  statusIntervalMs: 500,
  /** A budget is looked at this long after something changed: no failover waits for it, and no drain is that quick. */
  budgetDelayMs: 200,
  /** As often a write of it may meet what the watch has not brought yet: after that somebody else has taken its name. */
  budgetRacesMax: 3,
  /** As often a refused status is written again at that pace (30 s): an API server that has just started takes seconds until it knows. */
  statusSoonTries: 60,
  /** Moves that a status keeps; the definition allows as many. */
  statusMovesMax: 10,

  /**
   * What Kubernetes left of a Service is deleted, and looked for again after 20, 40 … ms: a failover waits until nothing
   * is left.
   */
  sliceRecheckMsMin: 10,
  /** While a Service changes its mode, its slices are looked at again after this at the latest. */
  sliceRecheckMs: 250,

  /** Departed members kept per singleton: only the holder's is ever asked for, and that one is never dropped. */
  departedMax: 8,
  /** Singletons without members whose epochs are remembered: an epoch must not fall, memory must not grow for ever. */
  emptySingletonsMax: 10_000,

  /** The own Lease is renewed this often: three renewals may be lost before sight is. */
  heartbeatMs: 500,
  /** A controller whose own renewals have not come back on the watch for this long is blind (DESIGN: a stale view). */
  sightMs: 2_000,
  /** Renewals under way at once: as many as are sent within the time limit of one, so that a lost one holds up none. */
  heartbeatsUnderWayMax: 4,
  /** A heartbeat that failed is tried again soon: it must not be what delays the return after an outage. */
  heartbeatRetryMs: 200,
  /** Sight is looked at this often where nothing else happens, so that its loss and return are said and acted on. */
  sightCheckMs: 250,
  /**
   * A watch that has brought nothing for this long is opened anew, though its connection answers: the server sends a
   * bookmark each minute (kubernetes: storage/cacher, defaultBookmarkFrequency), and one may be half a minute late.
   */
  watchSilenceMs: 90_000,
  /** A record that rests on newer pods than this controller has seen for so long is checked against a complete list. */
  stalePodsMs: 2_000,
  /** Blind although the connection answers: the watches are opened anew, this often at most. */
  relistMs: 10_000,

  /**
   * A peer whose heartbeat has not been seen to change for this long has stopped: only then does another controller
   * take its place in the pair. Failovers don't wait for that.
   */
  peerSilenceMs: 5_000,
  /** A write about the pair that failed is tried again after this: nothing but labels and order depends on it. */
  pairRetryMs: 500,

  /** Permissions are looked at again this often: somebody may apply the missing role. */
  permissionCheckMs: 30_000,
  /** Not more often than this, however many requests are refused. */
  permissionCheckMsMin: 1_000,
  /** What keeps it from acting is asked for again after 100, 200, 400 … ms: an API server that starts refuses everybody. */
  permissionRetryMsMin: 100,

  /** Lines about one singleton at once, and per second after that: a flapping one must not fill the disk. */
  logBurst: 30,
  logLinesPerSecond: 2,
  /** Log text that may wait for whoever reads standard output: some ten thousand lines. */
  logBufferBytes: 4_000_000,

  /** Timelines kept for GET /timelines: a demonstration or a bench reads them at once. */
  timelinesMax: 1_000,
  /** On SIGTERM, what is in flight may end; kubelet's default grace is 30 s, and the peer acts without us anyway. */
  stopMs: 2_000,
} as const;
