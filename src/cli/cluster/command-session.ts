/**
 * Owns what a command on a cluster works with: the way there, the clock, the terminal, and the wish to end.
 * Must not know any command. Everything in it is an input, so that a test brings its own.
 */
import type { Clock, Random } from '../../time/clock.ts';
import { type PageStyle, pageWidth } from '../terminal/page-style.ts';
import type { Palette } from '../terminal/palette.ts';
import type { Output } from '../terminal/screen.ts';
import { harmless, wrapped } from '../terminal/wrap.ts';
import type { ClusterClient } from './cluster-client.ts';

export interface CommandSession {
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly random: Random;
  /** What was asked for. */
  readonly output: Output;
  /** What went wrong, and what could not be read. */
  readonly errors: Output;
  readonly palette: Palette;
  /** Undefined: the machine's own. */
  readonly timeZone: string | undefined;
  /** Aborted when the person who started the command wants it to end. */
  readonly ending: AbortSignal;
}

export function styleOf({ clock, output, palette, timeZone }: CommandSession): PageStyle {
  return { nowMs: clock.wallTimeMs(), timeZone, palette, width: pageWidth(output) };
}

export function print(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.map(harmless).join('\n')}\n`);
}

/** One line each, as the program's own errors are; broken where it would not fit only for whoever looks. */
export function complain({ errors }: Pick<CommandSession, 'errors'>, sentences: readonly string[]): void {
  const lines = sentences.map((sentence) => `understudy: ${sentence}`);
  if (errors.isTTY === true)
    print(
      errors,
      lines.flatMap((line) => wrapped(line, pageWidth(errors))),
    );
  else print(errors, lines);
}
