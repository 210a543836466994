/**
 * Owns the plan beside a healthy holder: its label and message, and what the other members need.
 * Must not move the role: with a healthy holder nothing does.
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { Assessed } from './choose.ts';
import { deathStands, runsAgain } from './critical-death.ts';
import { permitDelete } from './critical-deletes.ts';
import { type Because, type Effect, inOrder } from './decision.ts';
import type { Epoch } from './identity.ts';
import { companionsOf, incarnationOf, type Member } from './member.ts';
import { deletePod, labelPod, nothingToDo, type Plan, tellPod, withdrawTraffic } from './plan.ts';
import type { PresentRecord } from './record.ts';
import type { SingletonView } from './view.ts';

interface Step {
  readonly because: Because;
  readonly effects: readonly Effect[];
  readonly recheckAt?: MonotonicMs;
}

/** Everything that is due, in one pass; the first step's reason stands for all of them. */
export function planUpkeep(
  view: SingletonView,
  record: PresentRecord,
  holder: Member,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Plan {
  const others = assessed.filter(({ member }) => member.uid !== holder.uid);
  const steps = [
    ...correctHolderLabel(holder, record.epoch),
    ...tellHolder(view, holder, record.epoch),
    ...withdrawLeftTraffic(view, holder, record.epoch),
    ...others.flatMap((other) => tendToOther(view, other, record.epoch, now)),
  ];
  const reference = { uid: holder.uid, name: holder.name };
  const [first] = steps;
  if (first === undefined) return nothingToDo(whyQuiet(view, record.epoch, holder, assessed, now), reference);
  return {
    because: first.because,
    effects: inOrder(steps.flatMap(({ effects }) => effects)),
    recheckAt: earliest(steps),
    holder: reference,
  };
}

function correctHolderLabel(holder: Member, epoch: Epoch): readonly Step[] {
  if (holder.roleLabel === 'active' && holder.labelEpoch === epoch) return [];
  const sentence = `${holder.name} holds epoch ${epoch}, and its labels do not say so`;
  return [{ because: { code: 'LabelsCorrected', sentence }, effects: [labelPod(holder, 'active', epoch)] }];
}

/**
 * The Service leads to the holder by what Kubernetes keeps: what the retired record left behind is not needed. Where that
 * leads to somebody else, it goes before the holder gets its label: whoever moved the role may not have come so far.
 */
function withdrawLeftTraffic(view: SingletonView, holder: Member, epoch: Epoch): readonly Step[] {
  const sentence = view.isHolderReached
    ? `the Service leads to ${holder.name} by its selector: our own endpoints are withdrawn`
    : `our own endpoints of the mode before lead to somebody else than ${holder.name}, and are withdrawn`;
  const because: Because = { code: 'ModeChanged', sentence };
  const effects = withdrawTraffic(view, view.isHolderReached ? undefined : holder.uid, epoch, because);
  return effects.length === 0 ? [] : [{ because, effects }];
}

function tellHolder(view: SingletonView, holder: Member, epoch: Epoch): readonly Step[] {
  if (hasHeard(holder, epoch) || view.telling.has(holder.uid)) return [];
  const effects = tellPod(holder, 'active', epoch);
  if (effects.length === 0) return [];
  return [
    {
      because: { code: 'Telling', sentence: `${holder.name} is told that it holds epoch ${epoch}` },
      effects,
    },
  ];
}

/** Whichever of its containers listens has not started anew since. */
function hasHeard({ told, ...holder }: Member, epoch: Epoch): boolean {
  if (told?.role !== 'active' || told.epoch !== epoch || told.incarnation !== incarnationOf(holder))
    return false;
  if (!told.isHeard) return false;
  return told.companions === undefined || told.companions === companionsOf(holder);
}

function tendToOther(
  view: SingletonView,
  { member, judgement }: Assessed,
  epoch: Epoch,
  now: MonotonicMs,
): readonly Step[] {
  if (judgement.kind === 'ended' || (judgement.kind === 'dead' && judgement.container === undefined))
    return [];
  const unroute = correctStandbyLabel(member, epoch);
  if (member.leaving !== undefined) return unroute;
  // The death was of a life before this one, and the rule for that may take its time: this one was told since.
  if (isExActive(member) && runsAgain(member)) return [deleteExActive(member)];
  if (deathStands(member, now)) return tendToDead(view, member, unroute, now);
  return isExActive(member) ? [deleteExActive(member)] : unroute;
}

/** `active` without the record's word goes; a missing label is written; any other value is somebody's own. */
function correctStandbyLabel(member: Member, epoch: Epoch): readonly Step[] {
  if (member.roleLabel !== undefined && member.roleLabel !== 'active') return [];
  const sentence = `${member.name} is a standby, and its role label does not say so`;
  return [{ because: { code: 'LabelsCorrected', sentence }, effects: [labelPod(member, 'standby', epoch)] }];
}

/** It was told that it is active, or labelled so, in this very life, and has not acknowledged since that it is no longer. */
export function isExActive(member: Member): boolean {
  const { told } = member;
  return told?.incarnation === incarnationOf(member) && (told.role === 'active' || !told.isHeard);
}

function deleteExActive(member: Member): Step {
  const because: Because = {
    code: 'ExActiveAlive',
    sentence: `${member.name} was told that it is active, and no longer is: its pod is deleted`,
  };
  return { because, effects: [deletePod(member, 'demoted', undefined, isRouted(member), because)] };
}

/** Its pod is deleted, which also takes it from the Service; while the delete has to wait, its label does that. */
function tendToDead(
  view: SingletonView,
  member: Member,
  unroute: readonly Step[],
  now: MonotonicMs,
): readonly Step[] {
  const { count } = view.criticalDeletes;
  const seen = `critical container ${member.criticalDeath?.container} ended (${member.criticalDeath?.sign})`;
  const permission = permitDelete(view.criticalDeletes, now);
  switch (permission.kind) {
    case 'now': {
      const because: Because = {
        code: 'StandbyCriticalDeath',
        sentence: `${member.name}: ${seen}; its pod is deleted`,
      };
      return [{ because, effects: [deletePod(member, 'critical-container', 0, isRouted(member), because)] }];
    }
    case 'held-back': {
      const sentence = `${member.name}: ${seen}; the next delete waits (${count} so far)`;
      const because: Because = { code: 'CriticalDeleteHeldBack', sentence };
      return [...unroute, { because, effects: [], recheckAt: permission.until }];
    }
    case 'stopped': {
      const sentence = `${member.name}: ${seen}; left to the kubelet (${count} deletes did not help)`;
      return [...unroute, { because: { code: 'CrashLooping', sentence }, effects: [] }];
    }
  }
}

/** The Service may still reach it: the holder's own label waits until it does not. */
function isRouted(member: Member): boolean {
  return member.roleLabel === 'active';
}

function earliest(steps: readonly Step[]): MonotonicMs | undefined {
  const times = steps.flatMap(({ recheckAt }) => (recheckAt === undefined ? [] : [recheckAt]));
  return times.length === 0 ? undefined : times.sort((left, right) => left - right)[0];
}

/** Nothing is due; a crash loop that is left to the kubelet is worth more words than a healthy holder. */
function whyQuiet(
  view: SingletonView,
  epoch: Epoch,
  holder: Member,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Because {
  const looping = assessed.filter(({ member }) => deathStands(member, now)).map(({ member }) => member.name);
  if (looping.length > 0 && permitDelete(view.criticalDeletes, now).kind === 'stopped') {
    const sentence = `${holder.name} holds epoch ${epoch}; ${looping.join(', ')}: left to the kubelet's restarts`;
    return { code: 'CrashLooping', sentence };
  }
  const fit = assessed.filter(
    ({ member, judgement }) => member.uid !== holder.uid && judgement.kind === 'fit',
  ).length;
  const standbys = fit === 0 ? 'no standby is fit' : `${fit} fit ${fit === 1 ? 'standby' : 'standbys'}`;
  return { code: 'HolderHealthy', sentence: `${holder.name} holds epoch ${epoch}; ${standbys}` };
}
