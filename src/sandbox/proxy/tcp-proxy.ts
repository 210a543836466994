/**
 * Owns one TCP port of a cluster address: each new connection goes to a backend of that moment and stays there.
 * Without a backend it does not listen, so that the kernel refuses (kube-proxy's REJECT).
 * Must not know Services.
 */
import net from 'node:net';
import type { Clock, Random, Timer } from '../../time/clock.ts';
import { LISTEN_RETRY_MS, TCP_BACKLOG } from './limits.ts';
import type { Backend, Frontend, Route } from './routing-table.ts';

export interface PortProxyOptions {
  readonly frontend: Frontend;
  readonly clock: Clock;
  readonly random: Random;
  /** One line for people: the address is taken, or may not be bound. */
  readonly onTrouble: (message: string) => void;
}

export class TcpProxy {
  readonly #options: PortProxyOptions;
  readonly #open = new Set<net.Socket>();
  #backends: readonly Backend[] = [];
  #server: net.Server | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: PortProxyOptions) {
    this.#options = options;
  }

  /** Counts for every connection that is accepted from now on; open ones are never moved. */
  route({ backends }: Pick<Route, 'backends'>): void {
    this.#backends = backends;
    if (backends.length === 0) this.#refuse();
    else if (this.#server === undefined && this.#retry === undefined) this.#listen();
  }

  /** Ends every connection too. */
  close(): void {
    this.#closed = true;
    this.#refuse();
    for (const socket of this.#open) socket.destroy();
  }

  #refuse(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#server?.close();
    this.#server = undefined;
  }

  #listen(): void {
    this.#retry = undefined;
    const { frontend, clock, onTrouble } = this.#options;
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    server.on('error', (error) => {
      if (server !== this.#server || this.#closed) return;
      this.#server = undefined;
      onTrouble(`${frontend.address}:${frontend.port}/TCP can't be served: ${error.message}`);
      this.#retry = clock.schedule(LISTEN_RETRY_MS, () => this.#listen());
    });
    server.listen({ host: frontend.address, port: frontend.port, backlog: TCP_BACKLOG });
  }

  #accept(client: net.Socket): void {
    this.#track(client);
    const backend = this.#choose();
    if (backend === undefined) {
      client.resetAndDestroy();
      return;
    }
    const upstream = net.connect({
      host: backend.address,
      port: backend.port,
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#track(upstream);
    // pipe() forwards a half-close, and stops reading one side while the other is behind: memory stays bounded.
    client.pipe(upstream);
    upstream.pipe(client);
    endTogether(client, upstream);
    endTogether(upstream, client);
  }

  #choose(): Backend | undefined {
    return this.#backends[Math.floor(this.#options.random.fraction() * this.#backends.length)];
  }

  #track(socket: net.Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }
}

/** A reset on one side, or a refused connection, is a reset on the other; an orderly end was forwarded before. */
function endTogether(from: net.Socket, to: net.Socket): void {
  from.once('error', () => {
    if (!to.destroyed) to.resetAndDestroy();
  });
  from.once('close', () => {
    // Closed without having been read to its end: the other side would wait for ever.
    if (!to.destroyed && !from.readableEnded) to.resetAndDestroy();
  });
}
