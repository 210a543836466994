/**
 * Owns the catalogue of reasons: every code that a decision can carry, with what it means.
 * Must not build sentences about one case: the place that decides does, with names and numbers in it.
 * docs/reasons.md shows the same list; a test keeps the two in step.
 */

/** Code → what it means, as shown in docs/reasons.md. */
export const reasons = {
  // Nothing to do.
  HolderHealthy: 'The record names a living, fit member, and labels and application agree with it.',
  NoMembers: 'No pod matches the selector, and none was ever chosen.',
  // Nothing may be done.
  Paused: 'The singleton is paused: what would be done is said, not done.',
  NotSynced: 'The first complete picture of the pods and records has not arrived yet.',
  Blind: 'The watch has not proved alive recently: what is seen may be old.',
  StalePods: 'The record was decided on newer pods than this controller has seen.',
  RecordUnknown: 'The outcome of a write to the record is not known yet.',
  // Choosing.
  FirstElection: 'There was no record and no active member: the first among the fit members was chosen.',
  AdoptedActive: 'There was no record; the member that already carried role=active keeps the role.',
  AdoptedOldest: 'There was no record and several members carried role=active: the oldest keeps the role.',
  RecognisedHolder: 'The record was lost or emptied; the member that held the last epoch keeps the role.',
  HolderReplaced: 'The record named nobody that exists; a fit member was chosen.',
  // Failing over.
  HolderDeleted: 'The active pod is gone.',
  HolderLeaving: 'The active pod is being deleted.',
  HolderCriticalDeath:
    'A critical container of the active ended: its pod is deleted and the standby takes over.',
  HolderRestarted: 'The active is another incarnation than the one the record names: that one has ended.',
  HolderStopped: 'Every container of the active has ended.',
  HolderPhaseTerminal: "The active's phase is terminal, but nobody saw its containers end.",
  HolderNotReady: 'The active is not Ready, and a fit standby is.',
  HolderNodeNotReady: "The active's node is not Ready: the API has given it up. It is not fenced.",
  // Waiting.
  NoFitStandby: 'The active has failed, and no member is fit to take over.',
  NoFitMember: 'No member has been chosen yet, because none is fit.',
  AwaitingProof: 'Safety is Strict: the old active may still act, and there is no proof yet that it stopped.',
  // Beside a healthy holder.
  StandbyCriticalDeath: "A standby's critical container ended: that pod is deleted.",
  ExActiveAlive: 'A member that was told it is active, and no longer is, lives: its pod is deleted.',
  LabelsCorrected: 'Role labels disagreed with the record and are put right.',
  Telling: 'The active has not been told of its epoch yet.',
  CriticalDeleteHeldBack: 'Critical containers end again and again: the next delete waits.',
  CrashLooping: "Critical containers kept ending: deletes have stopped, the kubelet's own restarts go on.",
} as const;

export type ReasonCode = keyof typeof reasons;
