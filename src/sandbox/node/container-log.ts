/**
 * Owns the output of one container life: its last lines, each with its time, and who follows it.
 * Bounded in memory: the oldest lines go. Must not know who reads it.
 */
import { CONTAINER_LOG_BYTES_MAX, CONTAINER_LOG_LINE_BYTES_MAX } from './limits.ts';
import type { OutputStream } from './processes.ts';

export interface LogLine {
  readonly atMs: number;
  /** With its line feed, unless it was cut for its length. */
  readonly bytes: Uint8Array;
}

const LINE_FEED = 10;

export class ContainerLog {
  readonly #followers = new Set<(line: LogLine | undefined) => void>();
  readonly #partial: Record<OutputStream, Uint8Array[]> = { stdout: [], stderr: [] };
  #lines: LogLine[] = [];
  #bytes = 0;
  #closed = false;

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  append(stream: OutputStream, chunk: Uint8Array, nowMs: number): void {
    let rest = chunk;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      this.#partial[stream].push(rest.subarray(0, end + 1));
      rest = rest.subarray(end + 1);
      this.#flush(stream, nowMs);
    }
    if (rest.length > 0) this.#partial[stream].push(rest);
    if (sizeOf(this.#partial[stream]) >= CONTAINER_LOG_LINE_BYTES_MAX) this.#flush(stream, nowMs);
  }

  /** The container has ended and all its output is here. */
  close(nowMs: number): void {
    if (this.#closed) return;
    for (const stream of ['stdout', 'stderr'] as const) this.#flush(stream, nowMs);
    this.#closed = true;
    for (const tell of this.#followers) tell(undefined);
    this.#followers.clear();
  }

  /** `tell` gets every later line, and undefined at the end. */
  follow(tell: (line: LogLine | undefined) => void): () => void {
    if (this.#closed) {
      tell(undefined);
      return () => {};
    }
    this.#followers.add(tell);
    return () => {
      this.#followers.delete(tell);
    };
  }

  #flush(stream: OutputStream, atMs: number): void {
    const parts = this.#partial[stream].splice(0);
    if (parts.length === 0) return;
    const line = { atMs, bytes: Uint8Array.from(Buffer.concat(parts)) };
    this.#lines.push(line);
    this.#bytes += line.bytes.length;
    this.#forgetOldest();
    for (const tell of this.#followers) tell(line);
  }

  /** In one cut of many lines, so that a chatty container doesn't move the array with each line. */
  #forgetOldest(): void {
    if (this.#bytes <= CONTAINER_LOG_BYTES_MAX) return;
    let cut = 0;
    for (; this.#bytes > CONTAINER_LOG_BYTES_MAX / 2 && cut < this.#lines.length - 1; cut++) {
      this.#bytes -= this.#lines[cut]?.bytes.length ?? 0;
    }
    this.#lines = this.#lines.slice(cut);
  }
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
