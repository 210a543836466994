/**
 * Owns what is on the terminal: lines that stay, and under them one line that says what is being waited for.
 * Must not move the cursor anywhere else; where nobody looks (a pipe, a CI log) the waiting line is a plain line.
 */
import { stripVTControlCharacters } from 'node:util';
import { type Palette, paletteFor } from './palette.ts';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

const eraseLine = '\r\u001B[2K';

/** Lines are laid out for this width; a narrower terminal cuts the waiting line only. */
export const columnsMax = 100;

export class Screen {
  readonly palette: Palette;
  readonly #output: Output;
  #waitingFor = '';

  constructor(output: Output, environment: NodeJS.ProcessEnv) {
    this.#output = output;
    this.palette = paletteFor(output, environment);
  }

  /** Prints a line (or several) that stays, above the waiting line. */
  line(text = ''): void {
    this.#erase();
    this.#output.write(`${text}\n`);
    this.#draw();
  }

  /** Replaces the waiting line; an empty text takes it away. */
  waiting(text: string): void {
    if (text === this.#waitingFor) return;
    this.#erase();
    this.#waitingFor = text;
    if (this.#output.isTTY === true) this.#draw();
    else if (text !== '') this.#output.write(`  … ${text}\n`);
  }

  #erase(): void {
    if (this.#waitingFor !== '' && this.#output.isTTY === true) this.#output.write(eraseLine);
  }

  #draw(): void {
    if (this.#waitingFor === '' || this.#output.isTTY !== true) return;
    const width = Math.min(columnsMax, this.#output.columns ?? columnsMax) - 1;
    const text = `  … ${this.#waitingFor}`;
    this.#output.write(this.palette.dim(text.length > width ? `${text.slice(0, width - 1)}…` : text));
  }
}

/** How many columns a text takes, without its colours. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
