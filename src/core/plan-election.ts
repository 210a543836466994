/**
 * Owns the plan for a singleton whose record is missing or names nobody: who starts, or stays, as the holder.
 * Must not decide about a record that names a member: plan-failover.ts does.
 */
import type { MonotonicMs } from '../time/clock.ts';
import { type Assessed, choose, chooseLastResort, isOlder } from './choose.ts';
import { permitDelete } from './critical-deletes.ts';
import type { Because } from './decision.ts';
import { noEpoch } from './identity.ts';
import type { Judgement } from './judge.ts';
import { limits } from './limits.ts';
import type { Member } from './member.ts';
import { deletePod, grantRole, nothingToDo, type Plan } from './plan.ts';
import { isExActive } from './plan-upkeep.ts';
import type { PresentRecord, RecordWrite } from './record.ts';
import type { SingletonView } from './view.ts';

/** Keeps whoever is recognised as active, else chooses among the fit. */
export function planElection(
  view: SingletonView,
  assessed: readonly Assessed[],
  base: RecordWrite['base'],
  now: MonotonicMs,
): Plan {
  const [inDoubt] = oldestFirst(assessed.filter(mayStillBeActive));
  if (view.settings.safety === 'Strict' && inDoubt !== undefined) return awaitEnd(view, inDoubt, now);
  const claimants = oldestFirst(assessed.filter(isAliveAndLabelledActive));
  const kept = keepActive(view, assessed, claimants);
  if (kept !== undefined) return grant(view, base, kept.member, claimants, kept.because);
  const chosen = choose(assessed) ?? chooseLastResort(assessed);
  if (chosen === undefined) return nothingToDo(whyNobody(view, assessed));
  return grant(view, base, chosen, claimants, whyChosen(view, chosen, base));
}

/** The record has fallen behind an epoch that was given out: restored from a backup, or edited. Its holder gets a new one. */
export function planHigherEpoch(view: SingletonView, record: PresentRecord, holder: Member): Plan {
  const sentence = `the record says epoch ${record.epoch}, and ${view.highestEpoch} was given out: ${holder.name} gets a higher one`;
  const base = { kind: 'replace', resourceVersion: record.resourceVersion } as const;
  return grantRole({
    view,
    base,
    member: holder,
    because: { code: 'EpochFell', sentence },
    fences: [],
  });
}

function grant(
  view: SingletonView,
  base: RecordWrite['base'],
  member: Member,
  claimants: readonly Member[],
  because: Because,
): Plan {
  const others = claimants.filter(({ uid }) => uid !== member.uid);
  const demoted = others.map((other) =>
    deletePod(other, 'demoted', undefined, true, {
      code: 'ExActiveAlive',
      sentence: `${other.name} also carries role=active and may believe it: its pod is deleted`,
    }),
  );
  return grantRole({ view, base, member, because, fences: demoted });
}

/** The member that stays: who held the last epoch, else the oldest fit one of those labelled active, else the oldest. */
function keepActive(
  view: SingletonView,
  assessed: readonly Assessed[],
  claimants: readonly Member[],
): { readonly member: Member; readonly because: Because } | undefined {
  const latest = claimants.filter(
    ({ labelEpoch }) => labelEpoch !== noEpoch && labelEpoch === view.highestEpoch,
  );
  // Somebody may have given a standby the label by hand; its epoch says no more than when it became one.
  const recognised =
    latest.find((member) => isExActive(member) && member.told?.epoch === view.highestEpoch) ?? latest[0];
  if (recognised !== undefined) {
    const sentence = `the record names nobody; ${recognised.name} held epoch ${recognised.labelEpoch} and keeps the role`;
    return { member: recognised, because: { code: 'RecognisedHolder', sentence } };
  }
  const oldest = claimants.find((claimant) => isFit(claimant, assessed)) ?? claimants[0];
  if (oldest === undefined) return undefined;
  if (claimants.length === 1) {
    const sentence = `${oldest.name} already carries role=active and keeps it`;
    return { member: oldest, because: { code: 'AdoptedActive', sentence } };
  }
  const sentence = `${claimants.length} members carry role=active; ${oldest.name} is the oldest and keeps it`;
  return { member: oldest, because: { code: 'AdoptedOldest', sentence } };
}

/** It carries the label and is neither proven to have stopped nor able to keep the role. */
function mayStillBeActive({ member, judgement }: Assessed): boolean {
  if (member.roleLabel !== 'active') return false;
  return ['leaving', 'suspect', 'ended'].includes(judgement.kind) || hasDiedInPart(judgement);
}

/** One life in it has ended; the next one may have started. */
function hasDiedInPart(judgement: Judgement): boolean {
  return judgement.kind === 'dead' && judgement.container !== undefined;
}

function awaitEnd(view: SingletonView, member: Member, now: MonotonicMs): Plan {
  const { uid, name, criticalDeath, leaving } = member;
  const sentence = `${name} carries role=active and may still act, and safety is Strict: its end is awaited`;
  const because: Because = { code: 'AwaitingProof', sentence };
  const plan = nothingToDo(because, { uid, name });
  if (criticalDeath === undefined || leaving !== undefined) return plan;
  const permission = permitDelete(view.criticalDeletes, now);
  if (permission.kind !== 'now')
    return { ...plan, recheckAt: permission.kind === 'held-back' ? permission.until : undefined };
  const grace = limits.strictFenceGraceSeconds;
  return { ...plan, effects: [deletePod(member, 'critical-container', grace, false, because)] };
}

function isAliveAndLabelledActive({ member, judgement }: Assessed): boolean {
  return member.roleLabel === 'active' && (judgement.kind === 'fit' || judgement.kind === 'unfit');
}

function isFit(member: Member, assessed: readonly Assessed[]): boolean {
  return assessed.some((one) => one.member.uid === member.uid && one.judgement.kind === 'fit');
}

function oldestFirst(assessed: readonly Assessed[]): readonly Member[] {
  return assessed.map(({ member }) => member).sort((left, right) => (isOlder(left, right) ? -1 : 1));
}

function whyChosen(view: SingletonView, chosen: Member, base: RecordWrite['base']): Because {
  if (base.kind === 'create' && view.highestEpoch === noEpoch) {
    return { code: 'FirstElection', sentence: `no member was active; ${chosen.name} is first among the fit` };
  }
  return { code: 'HolderReplaced', sentence: `the record names no living member; ${chosen.name} is fit` };
}

function whyNobody(view: SingletonView, assessed: readonly Assessed[]): Because {
  if (assessed.length > 0) {
    return { code: 'NoFitMember', sentence: `none of the ${assessed.length} members is fit yet` };
  }
  return { code: 'NoMembers', sentence: `no pod of ${view.namespace}/${view.name} exists` };
}
