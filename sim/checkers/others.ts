/**
 * Owns the checks of G6 and G7: controllers that are gone stop no traffic, and what happens to one singleton moves no other.
 */
import { type Story, turns } from './story.ts';

/** What strikes controllers alone. */
const ofControllers = new Set([
  'controller-crashes',
  'controllers-all-crash',
  'controller-is-suspended',
  'controller-cut-from-api',
  'controller-hears-nothing',
  'controller-is-not-heard',
  'controller-cut-from-nodes',
  'controller-link-clogged',
  'controller-watches-stall',
  'controller-watches-drop',
  'requests-throttled',
  'requests-fail',
  'requests-fail-after-acting',
  'requests-lost',
  'answers-late',
]);

/** What strikes one singleton has it as its target. */
export function otherProblems(story: Story, singletons: ReadonlySet<string>): readonly string[] {
  const { truth, plan } = story;
  const concerning = truth.happenings.filter(
    ({ kind, target }) =>
      !ofControllers.has(kind) && (target === undefined || target === plan.name || !singletons.has(target)),
  );
  if (concerning.length > 0) return [];
  return [...movedProblems(story), ...interruptedProblems(story)];
}

/** Nothing happened to it, nor to anything that it stands on. */
function movedProblems(story: Story): readonly string[] {
  const [, ...more] = turns(story);
  return more.map(
    ({ version, epoch }) => `at ${version} the role moved (epoch ${epoch}), and nothing had happened to it`,
  );
}

function interruptedProblems({ truth, plan }: Story): readonly string[] {
  const attempts = truth.attempts.filter(({ singleton }) => singleton === plan.name);
  const first = attempts.findIndex(({ podUid }) => podUid !== undefined);
  if (first < 0) return [];
  // Proxies of other nodes hear of the first active a moment later.
  const settled = (attempts[first]?.atMs ?? 0) + 2_000;
  const lost = attempts.filter(({ atMs, podUid }) => atMs > settled && podUid === undefined);
  return lost
    .slice(0, 1)
    .map(({ atMs }) => `at ${atMs.toFixed(0)} ms a client was not served, and nothing had happened to it`);
}
