/**
 * Owns breaking a sentence into lines that fit, so that no terminal breaks them elsewhere.
 * Must not get coloured text: colours are put on whole lines afterwards.
 */

/**
 * Lines of at most `width` columns, broken at spaces. A longer word keeps a line to itself: names are there to be copied.
 * What steers terminals is taken out: the text may come from anybody who may write an object.
 */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (word === '') continue;
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

/** The text beside a label of `labelWidth` columns, its later lines under its first one. */
export function besideLabel(
  label: string,
  text: string,
  { labelWidth, width }: { readonly labelWidth: number; readonly width: number },
): string[] {
  const lines = wrapped(text, Math.max(1, width - labelWidth));
  return lines.map((line, index) => `${(index === 0 ? label : '').padEnd(labelWidth)}${line}`.trimEnd());
}

export function indented(lines: readonly string[], columns: number): string[] {
  return lines.map((line) => (line === '' ? '' : `${' '.repeat(columns)}${line}`));
}

/** A finished line, in which colours are all that a terminal may take for an order: names, too, are others' words. */
export function harmless(line: string): string {
  return line.replace(/\p{Cc}(\[\d{1,3}m)?/gu, (order) => (isColour(order) ? order : ' '));
}

function isColour(order: string): boolean {
  return order.startsWith('\u001B[') && order.endsWith('m');
}

/** Without anything that a terminal takes for an order. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
