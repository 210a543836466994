/**
 * Owns the bounds of what a Singleton may say, and of what is written into its status, each with its reason.
 * Must not hold a bound of the decision or of the running controller: those have their own.
 */

export const limits = {
  /** The API server prices a rule by the most that the object can hold, and refuses one that could cost too much. */
  selectorLabelsMax: 16,
  /** A pod has a handful; as above. */
  criticalContainersMax: 32,
  /** A DNS label: names of Services and containers; also what a label's value can hold, such as a Singleton's name. */
  dnsLabelMax: 63,
  labelValueMax: 63,
  /** A DNS subdomain of 253, a slash, a name of 63: keys of labels, types of pod conditions. */
  qualifiedNameMax: 317,
  /** Far above any path that somebody listens on. */
  httpPathMax: 256,
  portMax: 65_535,
  /** Below this no answer comes back over a busy pod network; above a minute it is no step down, but a drain. */
  stepDownMsMin: 50,
  stepDownMsMax: 60_000,
  /** A day: who wants longer wants `paused`. */
  intervalSecondsMax: 86_400,
  /** The highest epoch that the decision believes (src/core/limits.ts, epochBelievedMax); a test holds the two together. */
  minEpochMax: 2_000_000_000,

  /** Problems that are told of one object: a condition's message is read by people. */
  problemsMax: 16,
  /** Characters of a value that is quoted in a problem. */
  quotedMax: 60,

  /** Moves kept in the status: the last day's story of a lively singleton; events and logs have the rest. */
  historyMax: 10,
  /** Standbys that are told one by one. Each is some 150 bytes of a status that is rewritten with every change. */
  standbysMax: 32,
  /** Names in the column STANDBYS: a line of a terminal. */
  standbyNamesMax: 3,
  /** Characters of a sentence in the status. Kubernetes' own limit for a condition's message is 32,768. */
  sentenceMax: 1_024,
} as const;
