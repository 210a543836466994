/**
 * Owns which reasons make a move of the role an election or a switchover; every other one is a failover.
 * Must not say whether the role has moved: a code alone does not.
 */
import type { Move } from '../api/singleton.ts';
import type { ReasonCode } from '../core/reasons.ts';

/** A record was made, or made anew: nobody failed. */
const elections: ReadonlySet<string> = new Set<ReasonCode>([
  'FirstElection',
  'AdoptedActive',
  'AdoptedOldest',
  'RecognisedHolder',
  'HolderReplaced',
  'EpochFell',
  'RoleReturned',
]);

/** Somebody asked for it, or sent the active away with time to go: an eviction, a rollout, a delete that is not forced. */
const switchovers: ReadonlySet<string> = new Set<ReasonCode>(['Switchover', 'NodeCordoned', 'HolderLeaving']);

/** `code`: of docs/reasons.md, as a timeline or an Event has it. */
export function kindOfMove(code: string): Move['kind'] {
  if (switchovers.has(code)) return 'Switchover';
  return elections.has(code) ? 'Election' : 'Failover';
}
