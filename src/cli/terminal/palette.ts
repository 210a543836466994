/**
 * Owns the few colours that commands print in, and when to print none.
 * Must not be asked for a colour that carries meaning alone: what is red also says so in words.
 */
import { styleText } from 'node:util';

export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
}

const plain = (text: string) => text;

export const plainPalette: Palette = { bold: plain, dim: plain, good: plain, bad: plain, accent: plain };

const style = (format: 'bold' | 'dim' | 'green' | 'red' | 'cyan') => (text: string) =>
  styleText(format, text, { validateStream: false });

export const colourPalette: Palette = {
  bold: style('bold'),
  dim: style('dim'),
  good: style('green'),
  bad: style('red'),
  accent: style('cyan'),
};

/** Colours only where a person looks, and not against their wish (https://no-color.org). */
export function paletteFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Palette {
  const wanted = stream.isTTY === true && (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
  return wanted ? colourPalette : plainPalette;
}
