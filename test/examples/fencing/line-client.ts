/**
 * Owns a client of the example's application: one connection, the lines that came over it, and how it ended.
 * Must not end it by itself: a test says who closes first.
 */
import { connect, type Socket } from 'node:net';
import { Changes } from './changes.ts';

/** `closed`: the other side has sent its end; otherwise the code of the error. */
export type End = { readonly kind: 'closed' } | { readonly kind: 'failed'; readonly code: string };

export class LineClient {
  readonly #socket: Socket;
  readonly #changes = new Changes();
  #text = '';
  #end: End | undefined;

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk) => {
      this.#text += String(chunk);
      this.#changes.tell();
    });
    this.#socket.on('end', () => this.#endAs({ kind: 'closed' }));
    this.#socket.on('error', (error) =>
      this.#endAs({ kind: 'failed', code: 'code' in error ? String(error.code) : error.message }),
    );
  }

  /** Its own port. */
  get port(): number | undefined {
    return this.#socket.localPort;
  }

  get lines(): readonly string[] {
    return this.#text.split('\n').slice(0, -1);
  }

  /** Resolves to the line with that number; rejects when the connection ends before it came. */
  async line(number: number): Promise<string> {
    const { text } = await this.#changes.until(() => {
      const text = this.lines[number];
      if (text !== undefined) return { text };
      return this.#end === undefined ? `line ${number} of an answer` : { text: undefined };
    });
    if (text === undefined) throw new Error(`no line ${number}: ${JSON.stringify(this.#end)}`);
    return text;
  }

  ask(): void {
    this.#socket.write('?\n');
  }

  /** Says that no more is asked, and still hears. */
  close(): void {
    this.#socket.end();
  }

  /** Resolves to how the other side ended it. */
  ended(): Promise<End> {
    return this.#changes.until(() => this.#end ?? 'the end of a connection');
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #endAs(end: End): void {
    this.#end ??= end;
    this.#changes.tell();
  }
}
