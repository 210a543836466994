/**
 * Owns what is measured of a run beside its verdict: how long the role took to move after each kind of fault, how long
 * clients were not served, how long two processes believed to be active, and how often the role moved for nothing.
 * Must not judge.
 */
import type { WorldPlan } from '../swarm/plan.ts';
import type { Happening, Truth } from '../world/truth.ts';
import { type Story, storyOf, turns } from './story.ts';

export interface Measures {
  /** From each fault that struck the active to the next holder, and how long clients were not served then. */
  readonly failovers: readonly {
    readonly kind: string;
    readonly moveMs: number;
    readonly unservedMs: number;
  }[];
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

function believersMs({ applications, truth }: Story): number {
  const beliefs = applications.flatMap(({ identity, beliefs: own }) =>
    own.map(({ fromMs, untilMs }) => ({ uid: identity.podUid, fromMs, untilMs: untilMs ?? truth.endedAtMs })),
  );
  let sum = 0;
  for (const [index, one] of beliefs.entries())
    for (const other of beliefs.slice(index + 1))
      if (one.uid !== other.uid)
        sum += Math.max(0, Math.min(one.untilMs, other.untilMs) - Math.max(one.fromMs, other.fromMs));
  return sum;
}
