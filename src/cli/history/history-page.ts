/**
 * Owns the page of a singleton's moves, newest first.
 * Must not print: it makes lines.
 */
import type { Move } from '../../api/singleton.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { pageTitle } from '../terminal/page-title.ts';
import { indented, wrapped } from '../terminal/wrap.ts';
import { moveLines } from './move-lines.ts';

export interface History {
  readonly namespace: string;
  readonly name: string;
  /** Newest first. */
  readonly moves: readonly Move[];
  /** Where they come from, and why there may be more than these. */
  readonly source: string;
}

export function historyPage({ namespace, name, moves, source }: History, style: PageStyle): string[] {
  const moved =
    moves.length === 0 ? 'no move is known' : `${moves.length} ${moves.length === 1 ? 'move' : 'moves'}`;
  return [
    ...pageTitle(`${namespace}/${name}`, moved, style),
    ...wrapped(source, style.width).map(style.palette.dim),
    ...moves.flatMap((move) => ['', ...indented(moveLines(move, { ...style, width: style.width - 2 }), 2)]),
  ];
}
