/**
 * Owns the plan for a holder that has failed: fence it as far as its evidence asks for, and promote the standby.
 * Must not question the evidence (holder.ts) nor tend to the other members (plan-upkeep.ts).
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import { type Assessed, choose, chooseLastResort } from './choose.ts';
import { type DeletePermission, permitDelete } from './critical-deletes.ts';
import type { Because, Effect } from './decision.ts';
import type { HolderFailure } from './holder.ts';
import { limits } from './limits.ts';
import type { Member } from './member.ts';
import { deletePod, grantRole, nothingToDo, type Plan } from './plan.ts';
import { askedFor, memberAskedFor, pendingRequest } from './plan-switchover.ts';
import type { RecordWrite } from './record.ts';
import type { SingletonView } from './view.ts';

/** Prompt acts where the API has spoken; Strict where the old incarnation is proven to have stopped. */
export function planFailover(
  view: SingletonView,
  base: RecordWrite['base'],
  failure: HolderFailure,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Plan {
  const permission = permitDelete(view.criticalDeletes, now);
  const asked = successorAskedFor(view, failure, assessed);
  const candidate = asked ?? successorOf(failure, assessed, mustStay(view, failure, permission));
  if (candidate === undefined) return withoutStandby(view, failure, permission);
  const heldUntil = heldBackUntilFor(view, failure, permission);
  if (heldUntil !== undefined && heldUntil > now) return heldBack(failure, candidate, heldUntil);
  // Its next life in the same pod is no second one.
  if (isUnproven(view, failure) && candidate.uid !== failure.holder.uid)
    return awaitProof(failure, permission);
  const { code, sentence } = whyFailed(failure);
  const because = { code, sentence: `${sentence}; ${candidate.name} takes over` };
  return {
    ...grantRole({
      view,
      base,
      member: candidate,
      because: asked === undefined ? because : askedFor(candidate, failure.holder),
      // A restarted incarnation that is the only fit member gets the role back instead of a delete.
      fences: candidate.uid === failure.holder.uid ? [] : fenceOf(failure, permission),
    }),
    recheckAt: heldBackUntil(failure, permission),
  };
}

/** Under Strict a switchover begins with a delete: whoever was asked for takes over once the holder has ended. */
function successorAskedFor(
  view: SingletonView,
  { holder, going }: HolderFailure,
  assessed: readonly Assessed[],
): Member | undefined {
  const { record } = view;
  const request = record.kind === 'present' ? pendingRequest(view, record, holder) : undefined;
  if (request === undefined || !going) return undefined;
  return memberAskedFor(
    request,
    assessed.filter((one) => one.member.uid !== holder.uid),
  );
}

/** Strict: the pod that was named may still act, whatever one life in it has come to. */
function isUnproven({ settings }: SingletonView, { proven }: HolderFailure): boolean {
  return settings.safety === 'Strict' && !proven;
}

/** Its pod can't be deleted yet, so nobody else can follow: its own next life does, where there is one. */
function mustStay(view: SingletonView, failure: HolderFailure, permission: DeletePermission): boolean {
  return isUnproven(view, failure) && isPaced(failure) && permission.kind !== 'now';
}

/** Another member before the failed one in its new life; from an active that is merely not Ready only one that is. */
function successorOf(
  failure: HolderFailure,
  assessed: readonly Assessed[],
  stays: boolean,
): Member | undefined {
  const others = assessed.filter(({ member }) => member.uid !== failure.holder.uid);
  const own = stays ? assessed.filter(({ member }) => member.uid === failure.holder.uid) : [];
  const chosen = choose(own) ?? choose(others) ?? choose(assessed) ?? chooseLastResort(others);
  return failure.code === 'HolderNotReady' && chosen?.ready === false ? undefined : chosen;
}

/** Only what rests on no proof is held back, and what costs a living pod. */
function heldBackUntilFor(
  { movedAt, settings }: SingletonView,
  { code }: HolderFailure,
  permission: DeletePermission,
): MonotonicMs | undefined {
  if (code !== 'HolderNotReady') return undefined;
  const paced = permission.kind === 'now' ? undefined : permission.until;
  const spaced = movedAt === undefined ? undefined : after(movedAt, settings.minFailoverIntervalMs);
  return paced === undefined || (spaced !== undefined && spaced > paced) ? spaced : paced;
}

/** Not Ready again and again: the moves of the role, each of which costs a pod, come ever more slowly. */
function heldBack({ holder, seen }: HolderFailure, candidate: Member, until: MonotonicMs): Plan {
  const sentence = `${holder.name}: ${seen}; it is not the first time, so ${candidate.name} waits with taking over`;
  const because: Because = { code: 'FailoverHeldBack', sentence };
  return { ...nothingToDo(because, { uid: holder.uid, name: holder.name }), recheckAt: until };
}

/** What makes sure that the old holder can't act any more. Empty where it is going or gone already. */
function fenceOf(failure: HolderFailure, permission: DeletePermission): readonly Effect[] {
  const { member, code } = failure;
  if (member === undefined) return fenceOfMissing(failure);
  const because = whyFailed(failure);
  switch (code) {
    // A leaving pod's endpoint is not ready any more: it needs no second delete.
    case 'HolderCriticalDeath':
      if (member.leaving !== undefined || permission.kind !== 'now') return [];
      return [deletePod(member, 'critical-container', 0, true, because)];
    case 'HolderRestarted':
      if (permission.kind !== 'now') return [];
      return [deletePod(member, 'fence', 0, true, because)];
    case 'HolderNotReady':
    case 'HolderRefused':
    case 'HolderNodeNotReady':
      return [deletePod(member, 'fence', undefined, true, because)];
    case 'HolderDeleted':
    case 'HolderLeaving':
    case 'HolderStopped':
    case 'HolderPhaseTerminal':
      return [];
  }
}

/** Gone from our sight, but never seen going: somebody may have taken it out of the selector, and it lives. */
function fenceOfMissing(failure: HolderFailure): readonly Effect[] {
  if (failure.going || failure.proven) return [];
  return [deletePod(failure.holder, 'fence', undefined, false, whyFailed(failure))];
}

/** The critical-container rule holds with or without a successor; every other failure waits for one. */
function withoutStandby(view: SingletonView, failure: HolderFailure, permission: DeletePermission): Plan {
  const { settings } = view;
  const { code, sentence } = whyFailed(failure);
  const plan = nothingToDo({
    code: 'NoFitStandby',
    sentence: `${sentence}, and no member is fit to take over`,
  });
  if (settings.safety === 'Strict' && failure.proven) return { ...plan, effects: noteEnd(view, failure) };
  if (code !== 'HolderCriticalDeath') return plan;
  const fences =
    settings.safety === 'Strict' ? strictFence(failure, permission) : fenceOf(failure, permission);
  return { ...plan, effects: fences, recheckAt: heldBackUntil(failure, permission) };
}

/** A proof lives as long as its pod and whoever saw it. Who follows later may be told by neither. */
function noteEnd(
  { record, singletonVersion }: SingletonView,
  { holder, seen }: HolderFailure,
): readonly Effect[] {
  if (record.kind !== 'present' || holder.hasStopped) return [];
  const { epoch, resourceVersion, podsVersion } = record;
  const base = { kind: 'replace', resourceVersion } as const;
  const write = {
    base,
    holder: { ...holder, hasStopped: true },
    epoch,
    podsVersion,
    singletonVersion,
    serving: false,
  };
  const because: Because = {
    code: 'HolderStopped',
    sentence: `${holder.name}: ${seen}: the record keeps that`,
  };
  return [{ kind: 'note-end', write, because }];
}

/** With a grace that leaves the terminal status to be seen: without that nobody could ever follow. */
function strictFence(failure: HolderFailure, permission: DeletePermission): readonly Effect[] {
  const { member, code } = failure;
  if (member === undefined || member.leaving !== undefined || !stoppable.has(code)) return [];
  if (isPaced(failure) && permission.kind !== 'now') return [];
  const rule = code === 'HolderCriticalDeath' ? 'critical-container' : 'fence';
  return [deletePod(member, rule, limits.strictFenceGraceSeconds, false, whyFailed(failure))];
}

/** Strict: a holder that may still act is stopped, and its end is seen. */
function awaitProof(failure: HolderFailure, permission: DeletePermission): Plan {
  const { holder } = failure;
  const effects = strictFence(failure, permission);
  const next = effects.length > 0 ? 'it is deleted and awaited' : nextStepFor(failure, permission);
  const because: Because = {
    code: 'AwaitingProof',
    sentence: `${holder.name} may still act (${failure.seen}), and safety is Strict: ${next}`,
  };
  const plan = nothingToDo(because, { uid: holder.uid, name: holder.name });
  return { ...plan, effects, recheckAt: heldBackUntil(failure, permission) };
}

/** Containers that end again and again: each delete waits longer. */
function isPaced({ code }: HolderFailure): boolean {
  return code === 'HolderCriticalDeath' || code === 'HolderRestarted';
}

/** Failures of a pod that can still be deleted and watched while it ends. */
const stoppable: ReadonlySet<HolderFailure['code']> = new Set([
  'HolderNotReady',
  'HolderRefused',
  'HolderCriticalDeath',
  'HolderRestarted',
]);

function nextStepFor(failure: HolderFailure, permission: DeletePermission): string {
  const { member } = failure;
  if (member?.leaving !== undefined) return 'its end is awaited';
  if (member !== undefined && isPaced(failure) && permission.kind !== 'now') return 'its next delete waits';
  const pod = member === undefined ? '' : 'its pod by force, then ';
  return `when you know that it has stopped, delete ${pod}the record`;
}

function whyFailed(failure: HolderFailure): Because {
  return { code: failure.code, sentence: `${failure.holder.name}: ${failure.seen}` };
}

function heldBackUntil(failure: HolderFailure, permission: DeletePermission): MonotonicMs | undefined {
  return isPaced(failure) && permission.kind === 'held-back' ? permission.until : undefined;
}
