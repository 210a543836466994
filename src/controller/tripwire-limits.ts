/**
 * Owns the bounds and delays of tripwires, each with its reason.
 * Must not hold what a decision makes of their evidence: src/core does.
 */

export const tripwireLimits = {
  /** DESIGN: three attempts over 5 ms. A server that reloads is back within 3 ms; a packet filter may refuse once. */
  refusalsNeeded: 3,
  refusalSpanMs: 5,
  /**
   * A connection counts once it has lasted this long: a sidecar proxy that accepts in the name of a dead application
   * resets within a few ms, as soon as its own connection is refused.
   */
  settleMs: 50,
  /** A timer this late says that our own process was away: the news of an end may lie unread in the socket. */
  settleLateMs: 20,
  /** One SYN and its repetition, which Linux sends after 1 s. */
  dialLimitMs: 1_500,

  /** An attempt that failed is made again after 20, 40 … ms, half of it by chance: the port may open on promotion. */
  retryMsMin: 20,
  /** A thousand ports that nobody listens on are some 700 attempts a second, at 0.1 ms of a core each. */
  retryMsMax: 2_000,
  /** An application that is Ready and not heard of for so long is not just late with its port. */
  neverAcceptedMs: 5_000,
  /** One lost SYN is the network's business, three attempts (six SYNs) are somebody's rule. */
  unansweredSaid: 3,

  /** A connection that lives shorter is a short one: reconnecting at once for ever would be more than one attempt a second. */
  shortLifeMs: 1_000,
  /** Short lives in a row after which it is still reconnected at once: a dying server may accept once more. */
  shortLivesFree: 2,
  /** After those: 100, 200, 400 … ms. */
  reconnectMsMin: 100,
  /** What a server that ends each connection within milliseconds costs at most: some two attempts a second. */
  reconnectMsMax: 1_000,
  /** Short lives in a row that are worth a sentence. */
  shortLivesSaid: 5,

  /** Two ages at the end that differ by less are the server's idle time; its own timer has some granularity. */
  idleToleranceShare: 0.1,
  /** A connection is renewed at this share of the idle time: well before the server's timer, seldom more than it does. */
  renewShare: 0.8,

  /** A banner is a few hundred bytes. More than this within a window is a stream, which nobody asked for. */
  readBytesMax: 65_536,
  readWindowMs: 1_000,
  /** The kubelet tells of a restart within seconds: a connection this old was there before, and should have ended. */
  outlivedMs: 10_000,

  /** DESIGN: refusals from more than 2 singletons and more than 20 % of all within 100 ms are our own network. */
  stormWindowMs: 100,
  stormSingletonsMax: 2,
  stormShareMax: 0.2,

  /** First dials are spread by chance over 1 ms for each one that still waits for its own. */
  startSpacingMs: 1,
  startSpreadMsMax: 2_000,
  /** Dials begun in one turn of the event loop, some 0.1 ms each: API answers must not wait for a storm of them. */
  dialsPerTurnMax: 32,
  /** One socket each. 10,000 singletons are the design's size; what a process may have open is usually far above. */
  tripwiresMax: 10_000,
  /** The kernel asks a silent peer after this, then 10 times in 10 s (libuv): silence is known after 12 s. */
  keepAliveIdleMs: 2_000,
} as const;

export type TripwireLimits = { readonly [Name in keyof typeof tripwireLimits]: number };
