/**
 * Owns every bound of the API server. Each line says why it has that size.
 */
export const limits = {
  /** Events remembered per kind for watches that resume; older ones get 410. Events share their objects with the store. */
  historyEventsPerKind: 2048,
  /** Event objects kept; some hours of a lively cluster. */
  storedEvents: 4000,
  /** The real server's limit for a request body (apiserver pkg/server/config.go MaxRequestBodyBytes). */
  requestBodyBytes: 3 * 1024 * 1024,
  /** A watch that lets this much pile up is a client that no longer reads: it is ended, and can resume. */
  watchBacklogBytes: 16 * 1024 * 1024,
  /** The real server's bookmarks come about once a minute. */
  bookmarkIntervalMs: 60_000,
  /** Without timeoutSeconds the real server ends a watch after 30–60 minutes (--min-request-timeout 1800). */
  watchDurationMsMin: 1_800_000,
  /** generateName: five characters, tried again this often when taken (registry/rest maxNameGenerationCreateAttempts). */
  nameGenerationAttempts: 8,
  /** Names are at most this long before the generated suffix. */
  generatedNameBaseCharacters: 58,
  /** Total of all annotations of an object (apimachinery pkg/api/validation TotalAnnotationSizeLimitB). */
  annotationsBytes: 256 * 1024,
  /** Items of one list in one answer, whatever the client asks for. */
  listItems: 100_000,
  /** Evictions let through that no controller has seen begin (registry/core/pod/storage MaxDisruptedPodSize). */
  disruptedPods: 2_000,
  /** A log follower's answer begins after this long at the latest, said or not. */
  followAnswerMs: 100,
  /** How long an idle HTTP/1.1 connection is kept: longer than clients keep theirs, so that they close first. */
  keepAliveMs: 120_000,
  /** Unread data of one HTTP/2 connection; Node's default of 10 MB ends busy watch connections. */
  http2SessionMegabytes: 64,
  /** One message of an exec session; kubectl sends at most 32 KiB. */
  webSocketMessageBytes: 1024 * 1024,
  /** After an outage the port is tried again this often, and this far apart. */
  listenAttempts: 50,
  listenRetryMs: 100,
  /** How deep a request's JSON may nest: beyond it a recursive walk could exhaust the stack. */
  jsonDepth: 128,
} as const;
