/**
 * Owns an explanation as lines for a person who has to know whether it is safe to act.
 * Must not print, nor know how the explanation came about.
 */
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { momentText, parseMoment } from '../terminal/moment.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { pageTitle } from '../terminal/page-title.ts';
import { besideLabel, indented, wrapped } from '../terminal/wrap.ts';
import { effectText } from './effect-text.ts';
import type { ExplainedMember, Explanation, ImaginedOutcome } from './explanation.ts';
import type { Strike } from './strike.ts';

export function explanationPage(explanation: Explanation, style: PageStyle): string[] {
  const { singleton, believed, members, imagined } = explanation;
  const { palette } = style;
  const mode = explanation.mode === undefined ? 'no mode yet' : `${explanation.mode} mode`;
  return [
    ...pageTitle(`${singleton.namespace}/${singleton.name}`, `${mode}, safety ${believed.safety}`, style),
    ...(singleton.kind === 'adopted' ? wrapped(assumed, style.width).map(palette.dim) : []),
    ...section('Why this one', style, whyLines(explanation, style)),
    ...section('Members', style, members.length === 0 ? ['There are none.'] : members.map(memberText)),
    ...(imagined.length === 0 ? [] : ['', palette.bold(`If ${explanation.holder?.name} were struck now`)]),
    ...imagined.flatMap((outcome) => outcomeLines(outcome, explanation, style)),
    '',
    ...wrapped(basis, style.width).map(palette.dim),
  ];
}

const assumed =
  'It is adopted by label: its safety is a flag of its controllers, and Prompt is assumed here.';

const basis =
  "Worked out here, by the controllers' own rules, from what the API says now; nothing was changed. Their back-off after earlier deaths is not in it.";

/** Each text is a paragraph under the heading. */
function section(heading: string, { width, palette }: PageStyle, texts: readonly string[]): string[] {
  return ['', palette.bold(heading), ...texts.flatMap((text) => hanging(text, width))];
}

/** Two columns in, its later lines two more. */
function hanging(text: string, width: number): string[] {
  const [first = '', ...rest] = wrapped(text, width - 4);
  return [...indented([first], 2), ...indented(rest, 4)];
}

function whyLines({ holder, singleton, now }: Explanation, style: PageStyle): string[] {
  const why = `Now ${now.because.code}: ${now.because.sentence}.`;
  if (holder === undefined) return ['Nobody is active: the record names nobody.', why];
  const sinceMs = parseMoment(singleton.status?.active?.since);
  const since = sinceMs === undefined ? '' : `, since ${momentText(sinceMs, style)}`;
  const gone = holder.isThere ? '' : ' Its pod is gone.';
  return [
    `The record names ${holder.name}, with epoch ${holder.epoch}${since}.${gone}`,
    ...howItCame(singleton),
    why,
  ];
}

function howItCame({ status }: SeenSingleton): string[] {
  const move = status?.history.find(({ epoch }) => epoch === status.active?.epoch);
  if (move === undefined) return [];
  return [`It got the role by ${move.kind} ${move.because.code}: ${move.because.sentence}.`];
}

function memberText(member: ExplainedMember): string {
  const { name, node, isHolder, judgement, priority, roleLabel } = member;
  const role = isHolder ? 'active' : 'standby';
  const parts = [
    node === undefined ? 'on no node yet' : `on ${node}`,
    judgement,
    ...(priority === 0 ? [] : [priority === 'never' ? 'priority never: not chosen' : `priority ${priority}`]),
    ...(roleLabel === role ? [] : [`its label role is ${roleLabel ?? 'missing'}`]),
  ];
  return `${name}: ${role}, ${parts.join(', ')}`;
}

function outcomeLines(
  { strike, decision }: ImaginedOutcome,
  explanation: Explanation,
  { width, palette }: PageStyle,
): string[] {
  const { because, effects } = decision;
  const numbered = { labelWidth: 3, width: width - 4 };
  const steps = effects.flatMap((effect, index) =>
    besideLabel(`${index + 1}. `, effectText(effect, explanation.mode), numbered),
  );
  const nothing =
    decision.recheckAt === undefined ? 'Nothing is done.' : 'Nothing is done before a delay is over.';
  return [
    ...hanging(strikeText(strike, explanation), width),
    ...indented(wrapped(`${because.code}: ${because.sentence}`, width - 4).map(palette.accent), 4),
    ...indented(steps.length === 0 ? [nothing] : steps, 4),
  ];
}

function strikeText(strike: Strike, { criticalContainers }: Explanation): string {
  switch (strike) {
    case 'pod-deleted':
      return 'Its pod deleted by force:';
    case 'containers-ended':
      return criticalContainers.length === 0
        ? 'All its containers ended (none is marked critical, so its readiness counts):'
        : `Its critical ${plural('container', criticalContainers)} ended:`;
    case 'node-lost':
      return "Its node lost, once the node's grace period is over:";
  }
}

function plural(noun: string, names: readonly string[]): string {
  return `${noun}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}
