/**
 * Owns the doctor's findings as lines, and the exit code that they come to.
 * Must not colour what the words do not say as well.
 */
import { milliseconds } from '../terminal/milliseconds.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import type { Palette } from '../terminal/palette.ts';
import { besideLabel, indented, wrapped } from '../terminal/wrap.ts';
import type { Finding, Verdict } from './finding.ts';

const labelWidth = 8;

const labels: Readonly<Record<Verdict, string>> = {
  ok: 'ok',
  costs: 'costs',
  broken: 'BROKEN',
  hidden: '?',
};

export function findingsPage(findings: readonly Finding[], style: PageStyle): string[] {
  return [
    ...findings.flatMap((finding) => findingLines(finding, style)),
    '',
    summary(findings, style.palette),
  ];
}

/** 1 where something is broken. */
export function exitCodeOf(findings: readonly Finding[]): number {
  return findings.some(({ verdict }) => verdict === 'broken') ? 1 : 0;
}

function findingLines({ verdict, subject, sentence, costMs, mend }: Finding, style: PageStyle): string[] {
  const { width, palette } = style;
  const cost = costMs === undefined ? '' : `up to ${milliseconds(costMs)} ms; `;
  const lines = besideLabel(labels[verdict], `${subject}: ${cost}${sentence}`, { labelWidth, width });
  const paint = paintOf(verdict, palette);
  const mending = mend === undefined ? [] : wrapped(`→ ${mend}`, width - labelWidth).map(palette.accent);
  return [
    ...lines.map((line, index) =>
      index === 0 ? paint(line.slice(0, labelWidth)) + line.slice(labelWidth) : line,
    ),
    ...indented(mending, labelWidth),
  ];
}

function paintOf(verdict: Verdict, { good, bad, bold, dim }: Palette): (text: string) => string {
  switch (verdict) {
    case 'ok':
      return good;
    case 'costs':
      return bold;
    case 'broken':
      return bad;
    case 'hidden':
      return dim;
  }
}

function summary(findings: readonly Finding[], palette: Palette): string {
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const text = `${count('broken')} broken, ${count('costs')} with a cost, ${count('ok')} ok, ${count('hidden')} not visible`;
  return count('broken') > 0 ? palette.bad(text) : palette.bold(text);
}
