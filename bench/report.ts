/**
 * Owns how measurements are shown: a table, and under it how each was taken.
 * Must not print: main.ts does.
 */
import type { Palette } from '../src/cli/terminal/palette.ts';
import { type Column, tableLines } from '../src/cli/terminal/table.ts';
import { goalTexts, type Measurement } from './measurement.ts';
import { summarize } from './statistics.ts';

const columns: readonly Column[] = [
  { title: 'measured', align: 'left' },
  { title: 'n', align: 'right' },
  { title: 'min', align: 'right' },
  { title: 'p50', align: 'right' },
  { title: 'p99', align: 'right' },
  { title: 'max', align: 'right' },
  { title: '', align: 'left' },
  { title: 'goal', align: 'left' },
];

export function reportLines(measurements: readonly Measurement[], palette: Palette): string[] {
  const rows = measurements.map((measurement) => rowOf(measurement, palette));
  return [
    ...tableLines(columns, rows, palette.dim),
    '',
    ...measurements.map(({ name, how }) => palette.dim(`${name}: ${how}`)),
  ];
}

function rowOf({ name, unit, samples, goals }: Measurement, palette: Palette): string[] {
  const summary = summarize(samples);
  if (summary === undefined) return [name, '0', '–', '–', '–', '–', unit, palette.bad('nothing measured')];
  const { count, min, p50, p99, max } = summary;
  const texts = goalTexts(goals, summary).map((text) =>
    text.endsWith('not met') ? palette.bad(text) : palette.good(text),
  );
  return [name, String(count), ...[min, p50, p99, max].map(figure), unit, texts.join(', ')];
}

function figure(value: number): string {
  if (value < 10) return value.toFixed(2);
  return value < 1000 ? value.toFixed(1) : value.toFixed(0);
}
