/**
 * Owns the layout of a table: columns as wide as their widest cell, numbers to the right.
 * Must not know what the cells mean.
 */
import { widthOf } from './screen.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

const columnGap = '  ';

/** The lines of the table: a heading, then a line for each row. Cells may carry colours. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paintHeading: (text: string) => string = (text) => text,
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const lineOf = (cells: readonly string[]) =>
    columns
      .map((column, index) => pad(cells[index] ?? '', widths[index] ?? 0, column.align))
      .join(columnGap)
      .trimEnd();
  return [paintHeading(lineOf(columns.map((column) => column.title))), ...rows.map(lineOf)];
}

function pad(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + space : space + text;
}
