/**
 * Owns the Authorization header that goes with each request, so that sending one never waits for a file.
 * Must not fail over a file that can't be read for a moment: it keeps what it had.
 */
import type { Clock, Timer } from '../time/clock.ts';
import type { Connection } from './connection.ts';
import { CREDENTIALS_REREAD_MS } from './limits.ts';

export class Credentials {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #header: string | undefined;
  #read = false;
  #refreshing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  get header(): string | undefined {
    return this.#header;
  }

  /** Resolves when the header is known. Rejects when it can't be read and never could. */
  async ready(): Promise<void> {
    if (this.#read) return;
    this.#header = await this.#connection.authorization();
    this.#read = true;
    this.#rereadLater();
  }

  /** Reads it anew, after a 401. Never rejects. Calls at the same time are one. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#reread();
    return this.#refreshing;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #reread(): Promise<void> {
    try {
      await this.#connection.refresh();
      this.#header = await this.#connection.authorization();
    } catch {
      // Being replaced at this moment, or gone: if the old one no longer serves, the server says so.
    } finally {
      this.#refreshing = undefined;
      this.#rereadLater();
    }
  }

  #rereadLater(): void {
    this.#timer?.cancel();
    if (this.#closed || this.#header === undefined) return;
    this.#timer = this.#clock.schedule(CREDENTIALS_REREAD_MS, () => void this.refresh());
  }
}
