/**
 * Owns the plan for a holder that has failed: fence it as far as its evidence asks for, and promote the standby.
 * Must not question the evidence (holder.ts) nor tend to the other members (plan-upkeep.ts).
 */
import type { MonotonicMs } from '../time/clock.ts';
import { type Assessed, choose } from './choose.ts';
import { type DeletePermission, permitDelete } from './critical-deletes.ts';
import type { Because, Effect } from './decision.ts';
import type { FailureCode, HolderFailure } from './holder.ts';
import { limits } from './limits.ts';
import { deletePod, epochAfter, grantRole, nothingToDo, type Plan } from './plan.ts';
import type { PresentRecord } from './record.ts';
import type { SingletonView } from './view.ts';

/** Prompt acts where the API has spoken; Strict where the old incarnation is proven to have stopped. */
export function planFailover(
  view: SingletonView,
  record: PresentRecord,
  failure: HolderFailure,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Plan {
  const permission = permitDelete(view.criticalDeletes, now);
  if (view.settings.safety === 'Strict' && !failure.proven) return awaitProof(failure);
  const fence = fenceOf(failure, permission);
  const candidate = choose(assessed);
  const because = whyFailed(failure);
  if (candidate === undefined) return withoutStandby(failure, fence, permission, because);
  return {
    ...grantRole({
      view,
      base: { kind: 'replace', resourceVersion: record.resourceVersion },
      member: candidate,
      epoch: epochAfter(view),
      because: { code: because.code, sentence: `${because.sentence}; ${candidate.name} takes over` },
      // A restarted incarnation that is the only fit member gets the role back instead of a delete.
      fences: candidate.uid === failure.holder.uid ? [] : fence,
    }),
    recheckAt: heldBackUntil(failure, permission),
  };
}

/** What makes sure that the old holder can't act any more. Empty where it is going or gone already. */
function fenceOf(failure: HolderFailure, permission: DeletePermission): readonly Effect[] {
  const { member, code } = failure;
  if (member === undefined) return [];
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
    case 'HolderNodeNotReady':
      return [deletePod(member, 'fence', undefined, true, because)];
    case 'HolderDeleted':
    case 'HolderLeaving':
    case 'HolderStopped':
    case 'HolderPhaseTerminal':
      return [];
  }
}

/** The critical-container rule holds with or without a successor; every other failure waits for one. */
function withoutStandby(
  failure: HolderFailure,
  fence: readonly Effect[],
  permission: DeletePermission,
  because: Because,
): Plan {
  const sentence = `${because.sentence}, and no member is fit to take over`;
  const plan = nothingToDo({ code: 'NoFitStandby', sentence });
  if (failure.code !== 'HolderCriticalDeath') return plan;
  return { ...plan, effects: fence, recheckAt: heldBackUntil(failure, permission) };
}

/** Strict: an alive but unfit holder is stopped with a grace that leaves its terminal status to be seen. */
function awaitProof(failure: HolderFailure): Plan {
  const { member, code, holder } = failure;
  const stops = member !== undefined && code === 'HolderNotReady';
  const next = stops ? 'it is deleted and awaited' : nextStepFor(code);
  const because: Because = {
    code: 'AwaitingProof',
    sentence: `${holder.name} may still act (${failure.seen}), and safety is Strict: ${next}`,
  };
  const effects = stops ? [deletePod(member, 'fence', limits.strictFenceGraceSeconds, false, because)] : [];
  return { ...nothingToDo(because, { uid: holder.uid, name: holder.name }), effects };
}

function nextStepFor(code: FailureCode): string {
  if (code === 'HolderLeaving') return 'its end is awaited';
  return 'when you know that it has stopped, delete the record';
}

function whyFailed(failure: HolderFailure): Because {
  return { code: failure.code, sentence: `${failure.holder.name}: ${failure.seen}` };
}

function heldBackUntil(failure: HolderFailure, permission: DeletePermission): MonotonicMs | undefined {
  return failure.code === 'HolderCriticalDeath' && permission.kind === 'held-back'
    ? permission.until
    : undefined;
}
