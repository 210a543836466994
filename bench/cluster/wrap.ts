/**
 * Owns breaking a text into lines.
 * Must not break words.
 */

/** `indent` stands before each line but the first. */
export function wrapped(text: string, widthMax: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= widthMax || line === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = `${indent}${word}`;
  }
  return [...lines, line];
}
