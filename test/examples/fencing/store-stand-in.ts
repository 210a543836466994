/**
 * Owns a store that is slow, or refuses, when the test wants it: it keeps each write waiting until it is told what to
 * answer. Must not answer by itself.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { Changes } from './changes.ts';

export interface HeldWrite {
  readonly epoch: number;
  answer(status: number, body?: object): void;
}

export class StoreStandIn {
  readonly url: string;
  readonly #held: HeldWrite[] = [];
  readonly #changes = new Changes();
  #count = 0;

  static async start(context: TestContext): Promise<StoreStandIn> {
    const server = createServer();
    context.after(() => {
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const store = new StoreStandIn(`http://127.0.0.1:${port}/value`);
    server.on('request', (request, response) => {
      request.resume().on('end', () => store.#hold(Number(request.headers.epoch), response));
    });
    return store;
  }

  private constructor(url: string) {
    this.url = url;
  }

  /** How many writes have come, ever. */
  get count(): number {
    return this.#count;
  }

  /** Resolves to the next write that nobody has taken yet. */
  next(): Promise<HeldWrite> {
    return this.#changes.until(() => this.#held.shift() ?? 'a write');
  }

  #hold(epoch: number, response: ServerResponse): void {
    this.#count += 1;
    this.#held.push({
      epoch,
      answer: (status, body = {}) => response.writeHead(status).end(JSON.stringify(body)),
    });
    this.#changes.tell();
  }
}
