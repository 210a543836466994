/**
 * Owns the catalogue of reasons: every code that a decision can carry, what it means, and what a person does about it.
 * Must not build sentences about one case: the place that decides does, with names and numbers in it.
 * docs/reasons.md is written from it; a test keeps the two in step.
 */

interface Reason {
  readonly means: string;
  /** For whoever reads it at night. */
  readonly next: string;
}

const nothing = 'Nothing.';

export const reasons = {
  // Nothing to do.
  HolderHealthy: {
    means: 'The record names a living member; its labels and its application agree.',
    next: nothing,
  },
  NoMembers: {
    means: 'No pod matches the selector, and none was ever chosen.',
    next: 'Start the application, or compare its labels with the selector.',
  },
  // Nothing may be done.
  Paused: {
    means: 'The singleton is paused: what would be done is said, not done.',
    next: 'Resume it when the work that it was paused for is finished.',
  },
  NotSynced: {
    means: 'The first complete picture of the pods and records has not arrived yet.',
    next: "Wait; when it lasts longer than some seconds, look at the controller's permissions and at the API server.",
  },
  Blind: {
    means: 'The watch has not proved alive lately: what is seen may be old.',
    next: 'Look at the network between controller and API server, and at the API server. Traffic goes on.',
  },
  StalePods: {
    means: 'The record was decided on newer pods than this controller has seen.',
    next: 'Wait for its watch to catch up; another controller is ahead of it and acts.',
  },
  StaleSingleton: {
    means: 'The record was written by the word of a later Singleton than this controller has seen.',
    next: 'Wait for its watch to catch up; another controller is ahead of it and acts. If nobody does, delete the record.',
  },
  RecordUnknown: {
    means: 'A write to the record went out, and its outcome is not known yet.',
    next: 'Wait: it is read again at once, and nothing is decided before that.',
  },
  // Choosing.
  FirstElection: {
    means: 'There was no record and no active member: the first among the fit members was chosen.',
    next: nothing,
  },
  AdoptedActive: {
    means: 'There was no record; the member that already carried role=active keeps the role.',
    next: nothing,
  },
  AdoptedOldest: {
    means: 'There was no record and several members carried role=active: the oldest keeps the role.',
    next: "Find out who else writes the role label: the other members' pods were deleted.",
  },
  RecognisedHolder: {
    means: 'The record was lost or emptied; the member that held the last epoch keeps the role.',
    next: 'Find out who deleted or edited the record.',
  },
  EpochsUsedUp: {
    means: 'The record holds the highest epoch that it can: no other one can follow.',
    next: 'Delete the record and the annotation understudy.dev/epoch of the pods: epochs begin anew. Tell whoever fences by them.',
  },
  EpochFell: {
    means: 'The record said a lower epoch than one that was given out: its holder gets a higher one.',
    next: 'Find out who restored or edited the record.',
  },
  HolderReplaced: { means: 'The record named nobody that exists; a fit member was chosen.', next: nothing },
  // Failing over.
  HolderDeleted: { means: 'The active pod is gone, or being deleted by force.', next: nothing },
  HolderLeaving: { means: 'The active pod is being deleted, with grace: a planned move.', next: nothing },
  HolderCriticalDeath: {
    means: 'A critical container of the active ended: its pod is deleted and the standby takes over.',
    next: 'Read why it ended: `kubectl logs --previous` while the pod is there, else the log that you collect.',
  },
  HolderRestarted: {
    means: 'The active is another incarnation than the one that the record names: that one has ended.',
    next: 'Ask why no controller was there when it restarted.',
  },
  HolderStopped: { means: 'Every container of the active has ended.', next: 'Read why they ended.' },
  HolderPhaseTerminal: {
    means: "The active's phase is terminal, but nobody saw its containers end.",
    next: 'Make sure that its node is really down: nothing fenced the old process.',
  },
  HolderNotReady: {
    means:
      'The active is not Ready (of marked containers, only the critical ones count), and a fit standby is.',
    next: 'Read why its probe failed.',
  },
  FailoverHeldBack: {
    means: 'The active is not Ready, and it was so lately too: the next move of the role waits.',
    next: 'Read why its probe fails: taking over does not seem to help.',
  },
  HolderRefused: {
    means: "The active's port refuses connections since the tripwire's own was lost: nobody serves there.",
    next: 'Read why it ended: its log, and the events of its pod.',
  },
  HolderNodeNotReady: {
    means: "The active's node is not Ready: the API has given it up. The old process is not fenced.",
    next: 'Make sure that the node is down, or reboot it: its process may still run.',
  },
  // Waiting.
  NoFitStandby: {
    means: 'The active has failed, and no member is fit to take over.',
    next: 'Get a member running and ready: the first fit one gets the role at once.',
  },
  NoFitMember: {
    means: 'No member has been chosen yet, because none is fit.',
    next: 'Look at the pods: not running, critical containers not ready, another value than standby in the label role, or priority never.',
  },
  AwaitingProof: {
    means: 'Safety is Strict: the old active may still act, and there is no proof yet that it stopped.',
    next: 'When you know that it has stopped (its node is off), delete the record: the standby is chosen then.',
  },
  // Moves that somebody asked for.
  Switchover: { means: 'Somebody asked for it: a fit member takes over from one that holds.', next: nothing },
  NodeCordoned: {
    means: "The active's node is cordoned: a member on another node takes over before the drain reaches it.",
    next: nothing,
  },
  SteppingDown: {
    means: 'The active is told to step down, and its acknowledgement is awaited (stepDownMs).',
    next: 'When it never acknowledges, look at its listener: after the time its pod is deleted instead.',
  },
  RoleReturned: {
    means:
      'The active was told to step down, and then nobody could take over: it gets the role again, with a new epoch.',
    next: nothing,
  },
  // The Service.
  ModeChanged: {
    means:
      'The Service gained or lost its selector: the record moves from one mode to the other, the role does not.',
    next: nothing,
  },
  EndpointsLeft: {
    means:
      'Direct mode: what Kubernetes left behind when the Service lost its selector may still lead to the active: it is looked for and deleted before the role moves.',
    next: 'When it stays, read in the log why the endpoints could not be looked at.',
  },
  TrafficCorrected: {
    means:
      "Direct mode: our endpoints were not what they should be (a restart, somebody's edit), and are put right.",
    next: 'When it comes back, find out who else writes the EndpointSlice.',
  },
  TrafficTouched: {
    means:
      'Direct mode, nodes with Cilium: some seconds after the role moved our endpoints are written once more, unchanged, for agents that missed that (Cilium up to 1.19.2, after it lost the API server).',
    next: 'Nothing.',
  },
  TrafficFollows: {
    means: 'Direct mode, two address families: the endpoints of the second one follow the record.',
    next: nothing,
  },
  // Beside a healthy holder.
  StandbyCriticalDeath: {
    means: "A standby's critical container ended: that pod is deleted.",
    next: 'Read why it ended.',
  },
  ExActiveAlive: {
    means: 'A member that was told that it is active, and no longer is, lives: its pod is deleted.',
    next: nothing,
  },
  LabelsCorrected: {
    means: 'Role labels disagreed with the record and are put right.',
    next: 'When it comes back, find out who else writes the role label.',
  },
  Telling: { means: 'The active has not been told of its epoch yet.', next: nothing },
  CriticalDeleteHeldBack: {
    means: 'Critical containers end again and again: the next delete waits.',
    next: 'Read why they end.',
  },
  CrashLooping: {
    means: "Critical containers kept ending: deletes have stopped, the kubelet's own restarts go on.",
    next: 'Mend or roll back the application. Ten minutes without a death bring the rule back.',
  },
} as const satisfies Readonly<Record<string, Reason>>;

export type ReasonCode = keyof typeof reasons;
