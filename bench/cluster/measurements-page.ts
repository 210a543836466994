/**
 * Owns docs/measurements.md: when, on what and by which command it was measured, the tables, and what people wrote there.
 * Must not change a word of what stands between the marks.
 */
import { type Machine, machineLine } from '../machine.ts';
import type { Summary } from '../statistics.ts';
import { pageLines, pageWidthMax, type ResultTable } from './table.ts';
import { type Versions, versionLines } from './versions.ts';
import { wrapped } from './wrap.ts';

export interface MeasuredRun {
  /** ISO 8601, the day. */
  readonly day: string;
  /** By which it can be repeated. */
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Versions;
  /** While it ran. */
  readonly load: Summary | undefined;
  readonly tables: readonly ResultTable[];
  /** What was seen that must not be; a sentence each. */
  readonly problems: readonly string[];
}

const marks = { begin: '<!-- by hand -->', end: '<!-- end of what is written by hand -->' } as const;

/** What stands between the marks; empty without a page. @throws TypeError where a page has no marks */
export function handWrittenPart(page: string | undefined): string {
  if (page === undefined) return '\n';
  const begin = page.indexOf(marks.begin);
  const end = page.indexOf(marks.end);
  if (begin < 0 || end < begin) throw new TypeError(`it lacks the lines ${marks.begin} and ${marks.end}`);
  return page.slice(begin + marks.begin.length, end);
}

/** @throws TypeError where there is a page without marks: somebody has written it by hand */
export function renderPage(run: MeasuredRun, earlierPage: string | undefined): string {
  const { day, command, machine, versions, load, tables, problems } = run;
  const opening =
    'Measured on a real Kubernetes of two nodes that the project starts by itself ' +
    '([how](../test/cluster/README.md)). This page but for its last part is written by the command below; whoever runs it ' +
    'gets a page of their own.';
  const facts = [
    `Measured on ${day}.`,
    ...versionLines(versions),
    `Machine: ${machineLine(machine)}${loadText(load)}.`,
  ];
  return [
    '# Measurements',
    '',
    ...wrapped(opening, pageWidthMax),
    '',
    '```',
    command,
    '```',
    '',
    ...facts.flatMap((fact) => wrapped(`- ${fact}`, pageWidthMax, '  ')),
    '',
    ...tables.flatMap(pageLines),
    ...problemLines(problems),
    `${marks.begin}${handWrittenPart(earlierPage)}${marks.end}`,
    '',
  ].join('\n');
}

function loadText(load: Summary | undefined): string {
  return load === undefined ? '' : `, while it ran ${load.p50.toFixed(2)}, ${load.max.toFixed(2)} at most`;
}

function problemLines(problems: readonly string[]): readonly string[] {
  if (problems.length === 0) return [];
  return [
    '## What must not be, and was seen',
    '',
    ...problems.flatMap((problem) => wrapped(`- ${problem}`, pageWidthMax, '  ')),
    '',
  ];
}
