/**
 * Owns what the demo shows of its scenes: the line of each, and the table of all.
 * Must not print: it makes lines of at most screen.ts's width, and who plays prints them.
 */
import { type FailoverPhases, phaseNames } from '../hapod/failover-phases.ts';
import type { GoodStanding } from '../hapod/standing.ts';
import { milliseconds } from '../terminal/milliseconds.ts';
import type { Palette } from '../terminal/palette.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import type { Scene } from './scene.ts';
import type { SceneResult } from './scene-result.ts';

/** What a scene does and to whom, before it is known what comes of it. */
export function announcementLine(
  number: number,
  scene: Scene,
  standing: GoodStanding,
  palette: Palette,
): string {
  const heir = scene.expected === 'failover' ? palette.dim(`; ${standing.standby.name} stands by`) : '';
  return ` ${palette.bold(String(number))}  ${scene.describe(standing)}${heir}`;
}

/** What came of it: the gap that the client saw, and the timeline in ms. */
export function resultLines(result: SceneResult, palette: Palette): string[] {
  if (!result.passed) return [`    ${palette.bad(`✗ failed: ${result.outcome}`)}`];
  const gap = palette.bold(`gap ${milliseconds(result.gapMs)} ms`);
  const detail = result.phasesMs === undefined ? result.outcome : phasesText(result.phasesMs);
  return [`    ${palette.good('✓')} ${gap}  ${palette.dim(detail)}`];
}

/** `kubelet 298 · decide 1.2 · record 3.0 · fence 2.1 · route 2.8 · answer 4.9`, without what did not take place. */
export function phasesText(phases: FailoverPhases): string {
  return phaseNames
    .flatMap((name) => (phases[name] === undefined ? [] : [`${name} ${milliseconds(phases[name])}`]))
    .join(' · ');
}

const columns: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'scene', align: 'left' },
  { title: 'epoch', align: 'left' },
  { title: 'gap', align: 'right' },
  ...phaseNames.map((title): Column => ({ title, align: 'right' })),
  { title: 'total', align: 'right' },
];

export function resultTable(results: readonly SceneResult[], palette: Palette): string[] {
  const rows = results.map((result) => [
    result.passed ? palette.good('✓') : palette.bad('✗'),
    result.title,
    epochText(result),
    palette.bold(milliseconds(result.gapMs)),
    ...phaseNames.map((name) => milliseconds(result.phasesMs?.[name])),
    milliseconds(result.phasesMs?.total),
  ]);
  return tableLines(columns, rows, palette.dim).map((line) => ` ${line}`);
}

function epochText({ epoch }: SceneResult): string {
  return epoch.before === epoch.after ? String(epoch.before) : `${epoch.before}→${epoch.after}`;
}

export const legend: readonly string[] = [
  ' In ms. gap: the longest time between two answers that the client got around the strike.',
  ' kubelet: its own lateness, 0–1 s; a crash is in the API after its next look. decide: from there to',
  ' a decision. record: the compare-and-swap that names the next active. fence: the old pod is deleted.',
  ' route: the label moves. answer: until the client hears the next active. total: all from the strike.',
];
