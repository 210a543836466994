/**
 * Owns the head of a page about one thing: its name, and in a few words what it is.
 * Must not break the name: where the two do not fit beside each other, the words go below.
 */
import type { PageStyle } from './page-style.ts';
import { indented, wrapped } from './wrap.ts';

export function pageTitle(name: string, about: string, { palette, width }: PageStyle): string[] {
  if (name.length + 2 + about.length <= width) return [`${palette.bold(name)}  ${about}`];
  return [palette.bold(name), ...indented(wrapped(about, width - 2), 2)];
}
