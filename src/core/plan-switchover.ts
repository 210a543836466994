/**
 * Owns the plan for a holder that holds, and is to give the role away: somebody asked for it, or its node is emptied.
 * Must not move the role to a member that could not take over after a failure.
 */
import { after, type MonotonicMs } from '../time/clock.ts';
import { type Assessed, choose, isEligible } from './choose.ts';
import type { Answer, Because, Effect, PodReference } from './decision.ts';
import { describeJudgement } from './judge.ts';
import { incarnationOf, type Member } from './member.ts';
import { deletePod, grantRole, nothingToDo, type Plan, tellPod } from './plan.ts';
import { isExActive } from './plan-upkeep.ts';
import type { PresentRecord } from './record.ts';
import type { SingletonView, SwitchoverRequest } from './view.ts';

/** The role is to move to this member. */
interface Wish {
  readonly candidate: Member;
  readonly because: Because;
}

/** Undefined where nobody wishes for it, or nobody could follow. */
export function planSwitchover(
  view: SingletonView,
  record: PresentRecord,
  holder: Member,
  assessed: readonly Assessed[],
  now: MonotonicMs,
): Plan | undefined {
  const wish = wishOf(view, record, holder, assessed);
  if (wish === undefined) return undefined;
  const { candidate, because } = wish;
  const { settings } = view;
  const isDown = hasSteppedDown(view, holder, record);
  if (!isDown) {
    const stepDown = planStepDown(view, record, holder, candidate, now);
    if (stepDown !== undefined) return stepDown;
  }
  if (settings.safety === 'Strict' && !isDown) return awaitEnd(holder, candidate);
  const base = { kind: 'replace', resourceVersion: record.resourceVersion } as const;
  const fences = isDown ? [] : fenceOf(holder);
  return grantRole({ view, base, member: candidate, because, fences });
}

/** Strict: it has not said that it steps down. It is deleted with its own grace, and followed once it has ended. */
function awaitEnd(holder: Member, candidate: Member): Plan {
  const sentence = `${holder.name} may still act, and safety is Strict: it is deleted, and ${candidate.name} waits for its end`;
  const because: Because = { code: 'AwaitingProof', sentence };
  const effects = [deletePod(holder, 'demoted', undefined, false, because)];
  return { ...nothingToDo(because, { uid: holder.uid, name: holder.name }), effects };
}

/** It may have heard that it is active, and has not said so: nothing on its pod would tell later that it has to go. */
function fenceOf(holder: Member): readonly Effect[] {
  if (isExActive(holder)) return [];
  const sentence = `${holder.name} may have heard that it is active, and did not say that it steps down: its pod is deleted`;
  const because: Because = { code: 'ExActiveAlive', sentence };
  // It holds the record: whether or not its label has been seen yet, the Service may reach it by now.
  return [deletePod(holder, 'demoted', undefined, true, because)];
}

/** What to say to whoever asked, as far as it can be said already. */
export function answerTo(
  view: SingletonView,
  record: PresentRecord,
  holder: Member,
  assessed: readonly Assessed[],
): Answer | undefined {
  const { request, settings } = view;
  if (request === undefined) return undefined;
  if (request.to === holder.name) return done(`${holder.name} is active, with epoch ${record.epoch}`);
  if (record.epoch > request.atEpoch) return movedTo(request, record, holder);
  if (settings.paused) return { kind: 'refused', sentence: 'it is paused: resume it first' };
  const refusal = whyNot(request, holder, assessed);
  return refusal === undefined ? undefined : { kind: 'refused', sentence: refusal };
}

function movedTo({ to, from }: SwitchoverRequest, { epoch }: PresentRecord, { name, uid }: Member): Answer {
  if (from === uid)
    return {
      kind: 'refused',
      sentence: `the role stayed with ${name}, with a new epoch (${epoch}): ask again`,
    };
  const moved = `the role moved to ${name} (epoch ${epoch})`;
  return to === undefined ? done(moved) : { kind: 'refused', sentence: `${moved} meanwhile, not to ${to}` };
}

function done(sentence: string): Answer {
  return { kind: 'done', sentence };
}

/** One that has not been met yet; undefined where nobody asks. */
export function pendingRequest(
  { request }: SingletonView,
  { epoch }: PresentRecord,
  holder: PodReference,
): SwitchoverRequest | undefined {
  const isPending = request !== undefined && epoch <= request.atEpoch && request.to !== holder.name;
  return isPending ? request : undefined;
}

/** Of these; undefined where that one, or whoever would be the best, could not take over after a failure either. */
export function memberAskedFor({ to }: SwitchoverRequest, others: readonly Assessed[]): Member | undefined {
  return to === undefined
    ? choose(others)
    : others.find((one) => one.member.name === to && isEligible(one))?.member;
}

export function askedFor(candidate: PodReference, holder: PodReference): Because {
  const sentence = `somebody asked for it: ${candidate.name} takes over from ${holder.name}`;
  return { code: 'Switchover', sentence };
}

function wishOf(
  view: SingletonView,
  record: PresentRecord,
  holder: Member,
  assessed: readonly Assessed[],
): Wish | undefined {
  const others = assessed.filter(({ member }) => member.uid !== holder.uid);
  const request = pendingRequest(view, record, holder);
  if (request !== undefined) {
    const candidate = memberAskedFor(request, others);
    return candidate && { candidate, because: askedFor(candidate, holder) };
  }
  if (holder.cordonedAt === undefined) return undefined;
  const candidate = choose(others.filter(({ member }) => member.cordonedAt === undefined));
  if (candidate === undefined) return undefined;
  const sentence = `the node of ${holder.name}, ${holder.node ?? 'unknown'}, is cordoned; ${candidate.name} takes over`;
  return { candidate, because: { code: 'NodeCordoned', sentence } };
}

function whyNot(
  { to }: SwitchoverRequest,
  holder: Member,
  assessed: readonly Assessed[],
): string | undefined {
  const others = assessed.filter(({ member }) => member.uid !== holder.uid);
  if (to === undefined) {
    return choose(others) === undefined ? 'no other member is fit to take over' : undefined;
  }
  const named = others.find(({ member }) => member.name === to);
  if (named === undefined) return `there is no member ${to}`;
  if (named.judgement.kind !== 'fit') return `${to} is not fit: ${describeJudgement(named.judgement)}`;
  if (named.member.priority === 'never') return `${to} has the priority never`;
  return named.member.gateOpen ? undefined : `the condition that promotion asks for is not True on ${to}`;
}

/** It has acknowledged that it is no longer active, in this very life. */
function hasSteppedDown(view: SingletonView, holder: Member, record: PresentRecord): boolean {
  const isWritten = toldStandby(holder, record) && holder.told?.isHeard === true;
  return view.steppingDown.get(holder.uid)?.kind === 'acknowledged' || isWritten;
}

/** It was asked to step down, in this very life, and may have, whether or not it has acknowledged that. */
function toldStandby({ told, ...holder }: Member, { epoch }: PresentRecord): boolean {
  const isOfThisLife = told?.epoch === epoch && told.incarnation === incarnationOf(holder);
  return isOfThisLife && told.role === 'standby';
}

/**
 * It was asked to step down, and may have, and nobody is to take over any more. Its epoch is over for it: the role comes
 * back with a new one, so that no word of the old epoch that is still under way can be taken for the last one.
 */
export function planReturn(view: SingletonView, record: PresentRecord, holder: Member): Plan | undefined {
  if (!view.steppingDown.has(holder.uid) && !toldStandby(holder, record)) return undefined;
  const sentence = `${holder.name} was told to step down, and nobody takes over: it gets the role again`;
  const base = { kind: 'replace', resourceVersion: record.resourceVersion } as const;
  return grantRole({ view, base, member: holder, because: { code: 'RoleReturned', sentence }, fences: [] });
}

/**
 * It is asked first, where it can answer, and has `stepDownMs` for that from when it was asked: whoever could follow may
 * have come long after the wish. Undefined where it can't be asked, or has let the time pass.
 */
function planStepDown(
  view: SingletonView,
  { epoch }: PresentRecord,
  holder: Member,
  candidate: Member,
  now: MonotonicMs,
): Plan | undefined {
  const { onDemote, canAcknowledge, stepDownMs } = view.settings;
  const question = tellPod(holder, 'standby', epoch);
  if (onDemote !== 'Notify' || !canAcknowledge || question.length === 0) return undefined;
  const stepDown = view.steppingDown.get(holder.uid);
  const until = after(stepDown?.kind === 'asked' ? stepDown.at : now, stepDownMs);
  if (until <= now) return undefined;
  const sentence = `${holder.name} is told to step down, and ${candidate.name} waits for its word`;
  return {
    because: { code: 'SteppingDown', sentence },
    effects: stepDown === undefined ? question : [],
    recheckAt: until,
    holder: { uid: holder.uid, name: holder.name },
  };
}
