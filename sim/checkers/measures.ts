/**
 * Owns what is measured of a run beside its verdict: how long the role took to move after each kind of fault, how long
 * clients were not served, how long two processes believed to be active, and how often the role moved for nothing.
 * Must not judge.
 */
import type { WorldPlan } from '../swarm/plan.ts';
import type { Happening, Truth } from '../world/truth.ts';
import { overlaps } from './beliefs.ts';
import { type Story, storyOf, turns } from './story.ts';

export interface Measures {
  /** From each fault that struck the active to the next holder, and how long clients were not served then. */
  readonly failovers: readonly {
    readonly kind: string;
    readonly moveMs: number;
    readonly unservedMs: number;
  }[];
  /** Moves of the role away from a process that served then and went on serving, and of which nobody had asked it. */
  readonly needlessMoves: number;
  /** With two processes of one singleton that believed to be active, by its safety. */
  readonly believersMs: { readonly Prompt: number; readonly Strict: number };
}

/** What takes the active away. */
const striking = new Set([
  'active-crashes',
  'active-deleted',
  'active-deleted-by-force',
  'active-not-ready',
  'active-evicted',
  'switchover',
]);

/** A move later than this has another cause. */
const followsWithinMs = 5_000;

export function measure(truth: Truth, plan: WorldPlan): Measures {
  const stories = plan.singletons.map((singleton) => storyOf(truth, singleton));
  const believers = (safety: 'Prompt' | 'Strict') =>
    stories
      .filter((story) => story.plan.safety === safety)
      .reduce((sum, story) => sum + believersMs(story), 0);
  return {
    failovers: stories.flatMap((story) => failoversOf(story)),
    needlessMoves: stories.reduce((sum, story) => sum + needlessMoves(story), 0),
    believersMs: { Prompt: believers('Prompt'), Strict: believers('Strict') },
  };
}

function failoversOf(story: Story): Measures['failovers'] {
  const { truth, plan } = story;
  return truth.happenings
    .filter(({ kind, target }) => striking.has(kind) && target === plan.name)
    .flatMap((strike) => {
      const moved = turns(story).find(({ atMs }) => atMs > strike.atMs);
      if (moved === undefined || moved.atMs - strike.atMs > followsWithinMs) return [];
      const unservedMs = unservedAfter(story, strike);
      return [{ kind: strike.kind, moveMs: moved.atMs - strike.atMs, unservedMs }];
    });
}

/** From the first attempt after the strike that nobody answered to the first one after that that somebody did. */
function unservedAfter({ truth, plan }: Story, { atMs }: Happening): number {
  const later = truth.attempts.filter((attempt) => attempt.singleton === plan.name && attempt.atMs >= atMs);
  const soon = later.filter((attempt) => attempt.atMs <= atMs + followsWithinMs);
  const lost = soon.find(({ podUid }) => podUid === undefined);
  if (lost === undefined) return 0;
  const served = later.find((attempt) => attempt.atMs > lost.atMs && attempt.podUid !== undefined);
  return (served?.atMs ?? truth.endedAtMs) - lost.atMs;
}

const askedFor = new Set([
  'switchover',
  'active-deleted',
  'active-evicted',
  'node-drained',
  'singleton-made-anew',
]);
const servesOnForMs = 2_000;

function needlessMoves(story: Story): number {
  const moves = turns(story);
  return moves.filter((next, index) => {
    const before = moves[index - 1];
    if (before === undefined || before.holderUid === next.holderUid) return false;
    const isAsked = story.truth.happenings.some(
      ({ kind, atMs }) => askedFor.has(kind) && atMs <= next.atMs && atMs >= next.atMs - followsWithinMs,
    );
    const old = story.applications.findLast(({ identity }) => identity.podUid === before.holderUid);
    const lives =
      old !== undefined && (old.endedAtMs === undefined || old.endedAtMs > next.atMs + servesOnForMs);
    return !isAsked && lives;
  }).length;
}

function believersMs(story: Story): number {
  return overlaps(story).reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
}
