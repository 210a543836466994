/**
 * Owns the shape of a decision: what to do, in which phase, until when it holds, and why.
 * Must not carry out anything: src/controller's runner does, phase by phase.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { Companions, Epoch, Incarnation, PodUid } from './identity.ts';
import type { Judgement } from './judge.ts';
import type { ReasonCode } from './reasons.ts';
import type { RecordWrite } from './record.ts';

/** Why: a code for machines and a sentence for people. Logs, Events and the CLI show the same two. */
export interface Because {
  readonly code: ReasonCode;
  readonly sentence: string;
}

export interface PodReference {
  readonly uid: PodUid;
  readonly name: string;
}

/**
 * A decision has one effect of the record at most (write-record, write-traffic, touch-traffic, note-end, retire-record).
 * The phases run in this order, each after the one before has succeeded: record (and, beside it, the deletes of the
 * critical-container rule, which are due whoever wins the record), fence, unroute, route and notify.
 * A lost compare-and-swap, a record that has moved on since, a gating delete that failed or a failed unroute of a member
 * that traffic may reach ends the pass: no later effect of it runs. A gating delete that is refused for good gives way
 * to a `standby` label. Other deletes and `standby` labels stand for themselves: their failure holds up nothing.
 */
export type Effect =
  | { readonly kind: 'write-record'; readonly write: RecordWrite; readonly because: Because }
  /** Direct mode: the record's endpoints are put right. The same holder, the same epoch. */
  | { readonly kind: 'write-traffic'; readonly write: RecordWrite; readonly because: Because }
  /** Direct mode: the record is written once more as it is, for a dataplane that may have missed how it came to be so. */
  | { readonly kind: 'touch-traffic'; readonly write: RecordWrite; readonly because: Because }
  /** The proof that its holder has ended, kept in the record for whoever can follow later; with the endpoints, where it has any. */
  | { readonly kind: 'note-end'; readonly write: RecordWrite; readonly because: Because }
  /** The record of the mode that is not in effect any more names nobody from here on: a compare-and-swap. */
  | { readonly kind: 'retire-record'; readonly resourceVersion: string; readonly because: Because }
  /** Direct mode, two address families: the endpoints of the second one follow the record, and carry its epoch. */
  | { readonly kind: 'follow-record'; readonly epoch: Epoch; readonly because: Because }
  /** What the retired record still carries traffic by is deleted. */
  | { readonly kind: 'withdraw-traffic'; readonly epoch: Epoch; readonly because: Because }
  /** DELETE with the UID as precondition. `gates`: the Service may still reach it, so routing waits for its success. */
  | {
      readonly kind: 'delete-pod';
      readonly pod: PodReference;
      readonly graceSeconds: number | undefined;
      readonly rule: DeleteRule;
      readonly gates: boolean;
      readonly because: Because;
    }
  /** The role label and its epoch. `standby` labels are written (unroute) before the `active` one (route). */
  | {
      readonly kind: 'label-pod';
      readonly pod: PodReference;
      readonly resourceVersion: string;
      readonly role: 'active' | 'standby';
      readonly epoch: Epoch;
    }
  /**
   * Tell the application its role, then write down that it was told: `active` once that was sent (acknowledged, where
   * the channel acknowledges), `standby` only once it was acknowledged. Without a channel that can, `standby` is not told.
   */
  | {
      readonly kind: 'tell-pod';
      readonly pod: PodReference;
      readonly ip: string;
      readonly role: 'active' | 'standby';
      readonly epoch: Epoch;
      readonly incarnation: Incarnation;
      readonly companions: Companions;
    };

/** G8 knows no other reason to delete a pod. */
export type DeleteRule = 'critical-container' | 'fence' | 'demoted';

export interface JudgedMember extends PodReference {
  readonly judgement: Judgement;
}

export interface Decision {
  readonly because: Because;
  /** In the order of their phases. */
  readonly effects: readonly Effect[];
  /** Decide again then even if nothing is seen to change; undefined where only a change can matter. */
  readonly recheckAt: MonotonicMs | undefined;
  readonly judged: readonly JudgedMember[];
  /** Who is active when all effects have succeeded; undefined while nobody can be. */
  readonly holder: PodReference | undefined;
  /** What to say to whoever asked for a switchover; undefined while it is under way, or nobody has. */
  readonly answer: Answer | undefined;
}

/** To a request: it is met, or why it will not be. */
export interface Answer {
  readonly kind: 'done' | 'refused';
  readonly sentence: string;
}

/** Where an effect stands in the fixed order of a pass. */
export type Phase = 'record' | 'fence' | 'unroute' | 'route-and-notify';

const phases: readonly Phase[] = ['record', 'fence', 'unroute', 'route-and-notify'];

export function phaseOf(effect: Effect): Phase {
  switch (effect.kind) {
    case 'write-record':
    case 'write-traffic':
    case 'touch-traffic':
    case 'note-end':
    case 'retire-record':
      return 'record';
    case 'follow-record':
      return 'route-and-notify';
    case 'withdraw-traffic':
      return 'unroute';
    case 'delete-pod':
      return effect.rule === 'critical-container' ? 'record' : 'fence';
    case 'label-pod':
      return effect.role === 'standby' ? 'unroute' : 'route-and-notify';
    case 'tell-pod':
      return 'route-and-notify';
  }
}

/** The effects by phase: a label is taken from one member before another one gets it, whatever asked for it first. */
export function inOrder(effects: readonly Effect[]): readonly Effect[] {
  return phases.flatMap((phase) => effects.filter((effect) => phaseOf(effect) === phase));
}
