/**
 * Owns the list of the guarantees and of who checks each of them.
 */
import type { WorldPlan } from '../swarm/plan.ts';
import type { Truth } from '../world/truth.ts';
import { knowledgeProblems } from './application-knows.ts';
import { choiceProblems } from './choice.ts';
import { deleteProblems } from './deletes.ts';
import { deafProblems, pausedProblems } from './left-alone.ts';
import { guessProblems } from './no-guess.ts';
import { oneHolderProblems } from './one-holder.ts';
import { otherProblems } from './others.ts';
import { type Story, storyOf } from './story.ts';
import { trafficProblems } from './traffic-follows.ts';

export interface Violation {
  readonly guarantee: string;
  readonly singleton: string;
  readonly sentence: string;
}

type Checker = (story: Story, singletons: ReadonlySet<string>) => readonly string[];

const checkers: { readonly [guarantee: string]: Checker } = {
  G1: oneHolderProblems,
  G2: trafficProblems,
  G3: guessProblems,
  G4: knowledgeProblems,
  'G6, G7': otherProblems,
  G8: deleteProblems,
  'the fittest is chosen': choiceProblems,
  'no act while deaf': deafProblems,
  'no act while paused': pausedProblems,
};

export function judge(truth: Truth, plan: WorldPlan): readonly Violation[] {
  const names = new Set(plan.singletons.map(({ name }) => name));
  const found = plan.singletons.flatMap((singleton) => {
    const story = storyOf(truth, singleton);
    return Object.entries(checkers).flatMap(([guarantee, check]) =>
      check(story, names).map((sentence) => ({ guarantee, singleton: singleton.name, sentence })),
    );
  });
  const bugs = truth.bugs.map((sentence) => ({ guarantee: 'no bugs', singleton: '-', sentence }));
  return [...found, ...bugs];
}
