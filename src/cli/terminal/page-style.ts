/**
 * Owns what a page is laid out for: its width, its colours, and who looks at it.
 * Must not lay anything out itself.
 */
import type { Viewer } from './moment.ts';
import type { Palette } from './palette.ts';
import { columnsMax, type Output } from './screen.ts';

export interface PageStyle extends Viewer {
  readonly palette: Palette;
  /** Columns; only a name that is longer by itself goes beyond. */
  readonly width: number;
}

/** Where nobody says how wide it is: what every terminal has. */
const columnsUsual = 80;

/** Below this a line holds two words, and no page is readable. */
const columnsMin = 40;

export function pageWidth({ isTTY, columns }: Output): number {
  if (isTTY !== true || columns === undefined || columns === 0) return columnsUsual;
  return Math.min(columnsMax, Math.max(columnsMin, columns));
}
