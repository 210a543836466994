/**
 * Owns a table of results before it is shown: on a terminal or on a page.
 * Must not measure or sum up anything.
 */
import type { Palette } from '../../src/cli/terminal/palette.ts';
import { columnsMax } from '../../src/cli/terminal/screen.ts';
import { type Column, tableLines } from '../../src/cli/terminal/table.ts';
import { wrapped } from './wrap.ts';

/** As wide as the project's other pages. */
export const pageWidthMax = 120;

export interface ResultTable {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** What a reader has to know of it, a sentence or a few each. */
  readonly notes: readonly string[];
}

export const left = (title: string): Column => ({ title, align: 'left' });
export const right = (title: string): Column => ({ title, align: 'right' });

/** For the terminal. */
export function terminalLines(
  { title, columns, rows, notes }: ResultTable,
  paint: Palette,
): readonly string[] {
  return [
    paint.bold(title),
    ...tableLines(columns, rows, paint.dim),
    ...notes.flatMap((note) => wrapped(note, columnsMax)).map(paint.dim),
    '',
  ];
}

/** As Markdown. */
export function pageLines({ title, columns, rows, notes }: ResultTable): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    line(columns.map((column) => column.title)),
    line(columns.map(({ align }) => (align === 'left' ? '---' : '---:'))),
    ...rows.map(line),
    '',
    ...notes.flatMap((note) => [...wrapped(note, pageWidthMax), '']),
  ];
}
