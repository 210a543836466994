/**
 * Owns changes that are no mistakes: the world of each seed stays, and what happens in it by chance is another thing. A seed
 * that breaks by such a change breaks by anything that takes a millisecond more, and proves nothing of a mistake.
 */
import type { Mutation } from './mutation.ts';

export const otherChances: readonly Mutation[] = [37, 41, 43].map((factor) => ({
  name: `other chances (${factor})`,
  file: 'sim/world/world.ts',
  from: 'plan.seed * 31',
  to: `plan.seed * ${factor}`,
}));
