/**
 * Owns the check that nobody acts who must not: no controller on what it saw before it went deaf, and none on a Singleton that
 * is paused.
 */
import { booleanAt } from '../../src/sandbox/api/json.ts';
import type { ControllerWrite } from '../world/truth.ts';
import type { Story } from './story.ts';

/** What was seen is believed for 2 s; what was sent then is under way for as long as a clogged link takes. */
const deafAfterMs = 3_500;
/** Until a controller has heard of a pause, and what it had sent before has arrived, where nothing befell it or the API. */
const pauseHeardWithinMs = 1_000;
/** The longest that a fault of those lasts, and until a controller sees again after it. */
const troubleLastsMs = 15_000;

export function deafProblems(story: Story): readonly string[] {
  const acts = actsOn(story)
    .filter(({ controller, atMs }) => isDeaf(story, controller, atMs))
    .map(({ version, method, url, controller }) => `at ${version} ${controller} acted: ${method} ${url}`);
  const uids = new Set(story.pods.map(({ uid }) => uid));
  const told = story.truth.told
    .filter(({ podUid, role }) => role === 'active' && uids.has(podUid))
    .filter(({ controller, atMs }) => isDeaf(story, controller, atMs))
    .map(({ atMs, controller, epoch }) => `at ${atMs.toFixed(0)} ms ${controller} told of epoch ${epoch}`);
  return [...acts, ...told].map((what) => `${what}, and had heard nothing for long`);
}

function isDeaf({ truth }: Story, controller: string, atMs: number): boolean {
  return truth.happenings.some(
    (span) =>
      span.kind === 'controller-hears-nothing' &&
      span.target === controller &&
      atMs > span.atMs + deafAfterMs &&
      atMs < (span.untilMs ?? truth.endedAtMs),
  );
}

export function pausedProblems(story: Story): readonly string[] {
  const spans = pausedSpans(story).filter((span) => !wasTroubled(story, span));
  return actsOn(story).flatMap(({ atMs, version, controller, method, url }) =>
    spans.some(({ fromMs, untilMs }) => atMs > fromMs + pauseHeardWithinMs && atMs < untilMs)
      ? [`at ${version} ${controller} acted, and the Singleton was paused: ${method} ${url}`]
      : [],
  );
}

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whoever is deaf, or asks an API that is away, hears of a pause late. */
function wasTroubled({ truth }: Story, { fromMs, untilMs }: Span): boolean {
  return truth.happenings.some(
    ({ kind, atMs }) =>
      /^(controller|api|requests|answers|node)/.test(kind) &&
      atMs > fromMs - troubleLastsMs &&
      atMs < untilMs,
  );
}

/** In which its spec said so, as the store had it. */
function pausedSpans({ truth, plan }: Story): readonly Span[] {
  const versions = truth.changes.filter(
    ({ resource, event }) => resource === 'singletons' && event.object.metadata.name === plan.name,
  );
  return versions.flatMap(({ atMs, event }, index) => {
    const isPaused = event.type !== 'DELETED' && booleanAt(event.object, 'spec', 'paused') === true;
    return isPaused ? [{ fromMs: atMs, untilMs: versions[index + 1]?.atMs ?? truth.endedAtMs }] : [];
  });
}

/** What the controllers did to this singleton: its record, its members, their role. Not what they said of it. */
function actsOn(story: Story): readonly ControllerWrite[] {
  const { plan, truth } = story;
  const names = new Set(story.pods.map(({ name }) => name));
  return truth.writes.filter(({ method, url, body, status }) => {
    if (status >= 300) return false;
    const [, resource, name = ''] = /\/(leases|endpointslices|pods)\/?([^/?]*)/.exec(url) ?? [];
    if (resource === 'pods') return names.has(name) && (method === 'DELETE' || /"role":"/.test(body));
    const named = method === 'POST' ? body : name;
    return resource !== undefined && new RegExp(`understudy-${plan.name}(-second)?(["]|$)`).test(named);
  });
}
