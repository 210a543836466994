/**
 * Owns cutting a byte stream into lines, wherever the network has cut it into chunks.
 * Must not decode: a chunk may end inside a UTF-8 sequence, a line can't.
 */

const NEWLINE = 0x0a;

export class LineSplitter {
  readonly #lineBytesMax: number;
  /** The chunks of the line that has begun and not ended. Joined once, when it ends. */
  #begun: Uint8Array[] = [];
  #begunBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /**
   * Gives `onLine` each line that this chunk completes, without its newline; stops when it returns false.
   * A line within one chunk is a view of that chunk: to be used before the call returns.
   * Returns false when a line is longer than allowed; the stream is of no use after that.
   */
  push(chunk: Uint8Array, onLine: (line: Uint8Array) => boolean): boolean {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      const rest = (end < 0 ? chunk.length : end) - start;
      if (this.#begunBytes + rest > this.#lineBytesMax) return false;
      if (end < 0) {
        this.#keep(chunk.subarray(start));
        return true;
      }
      const line = this.#complete(chunk.subarray(start, end));
      start = end + 1;
      if (line.length > 0 && !onLine(line)) return true;
    }
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#begun.push(part);
    this.#begunBytes += part.length;
  }

  #complete(last: Uint8Array): Uint8Array {
    if (this.#begunBytes === 0) return last;
    const line = new Uint8Array(this.#begunBytes + last.length);
    let offset = 0;
    for (const part of this.#begun) {
      line.set(part, offset);
      offset += part.length;
    }
    line.set(last, offset);
    this.#begun = [];
    this.#begunBytes = 0;
    return line;
  }
}
