/**
 * Owns lines that are drawn again and again in one place of a terminal, each time over the last ones.
 * Must not be used where nobody looks: a pipe gets lines that stay.
 */
import { type Output, widthOf } from './screen.ts';
import { harmless } from './wrap.ts';

const eraseBelow = '\r\u001B[J';
const up = (rows: number) => (rows === 0 ? '' : `\u001B[${rows}A`);

/** A terminal that does not say how high it is: the usual height. */
const rowsUsual = 24;

export class Repainting {
  readonly #output: Output;
  #drawn: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** In place of what was drawn before. What does not fit is left out, and said: drawn rows can't be reached above the top. */
  draw(lines: readonly string[]): void {
    const fitting = this.#fitting(lines.map(harmless));
    this.#output.write(`${up(this.#rowsOf(this.#drawn))}${eraseBelow}${fitting.join('\n')}\n`);
    this.#drawn = fitting;
  }

  #fitting(lines: readonly string[]): readonly string[] {
    const rowsMax = Math.max(2, (this.#output.rows ?? rowsUsual) - 1);
    if (this.#rowsOf(lines) <= rowsMax) return lines;
    let count = lines.length;
    while (count > 0 && this.#rowsOf(lines.slice(0, count)) > rowsMax - 1) count -= 1;
    return [...lines.slice(0, count), `… ${lines.length - count} more lines than this terminal has`];
  }

  /** How many rows of the terminal they take: one that is too wide takes several, and the terminal may have changed. */
  #rowsOf(lines: readonly string[]): number {
    const columns = Math.max(1, this.#output.columns ?? Number.POSITIVE_INFINITY);
    return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  }
}
