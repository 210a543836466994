/**
 * Owns one UDP port of a cluster address: datagrams of one client go to one backend and its answers come back, as
 * conntrack has it. A flow whose backend no longer serves is forgotten, unless nobody serves: its next datagram goes to
 * another. Without a backend new clients get nothing; once no flow is left it does not listen, so that the kernel answers
 * "port unreachable". Must not know Services.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Timer } from '../../time/clock.ts';
import { LISTEN_RETRY_MS, UDP_FLOW_IDLE_MS, UDP_FLOWS_MAX } from './limits.ts';
import { type Backend, backendKey, type Route } from './routing-table.ts';
import type { PortProxyOptions } from './tcp-proxy.ts';

interface Flow {
  readonly backend: Backend;
  readonly upstream: Socket;
  idle: Timer;
}

export class UdpProxy {
  readonly #options: PortProxyOptions;
  /** By client address and port; in the order of their last datagram. */
  readonly #flows = new Map<string, Flow>();
  #backends: readonly Backend[] = [];
  #socket: Socket | undefined;
  #retry: Timer | undefined;

  constructor(options: PortProxyOptions) {
    this.#options = options;
  }

  route({ backends, serving }: Pick<Route, 'backends' | 'serving'>): void {
    this.#backends = backends;
    const mayStay = new Set(serving.map(backendKey));
    for (const [client, flow] of this.#flows)
      if (mayStay.size > 0 && !mayStay.has(backendKey(flow.backend))) this.#forget(client, flow);
    if (backends.length === 0) this.#stopWhenUnused();
    else if (this.#socket === undefined && this.#retry === undefined) this.#listen();
  }

  close(): void {
    this.#backends = [];
    for (const [client, flow] of this.#flows) this.#forget(client, flow);
    this.#stop();
  }

  #stopWhenUnused(): void {
    if (this.#backends.length === 0 && this.#flows.size === 0) this.#stop();
  }

  #stop(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #listen(): void {
    this.#retry = undefined;
    const { frontend, clock, onTrouble } = this.#options;
    const socket = createSocket('udp4');
    this.#socket = socket;
    socket.on('message', (message, client) => this.#forward(message, client));
    socket.on('error', (error) => {
      if (socket !== this.#socket) return;
      socket.close();
      this.#socket = undefined;
      onTrouble(`${frontend.address}:${frontend.port}/UDP can't be served: ${error.message}`);
      this.#retry = clock.schedule(LISTEN_RETRY_MS, () => this.#listen());
    });
    socket.bind(frontend.port, frontend.address);
  }

  #forward(message: Uint8Array, { address, port }: RemoteInfo): void {
    const client = `${address}:${port}`;
    const flow = this.#flows.get(client) ?? this.#open(address, port);
    if (flow === undefined) return;
    this.#touch(client, flow);
    flow.upstream.send(message, flow.backend.port, flow.backend.address);
  }

  #open(address: string, port: number): Flow | undefined {
    const { clock, random } = this.#options;
    const backend = this.#backends[Math.floor(random.fraction() * this.#backends.length)];
    if (backend === undefined) return undefined;
    const upstream = createSocket('udp4');
    upstream.on('message', (answer, from) => {
      const expected = from.address === backend.address && from.port === backend.port;
      if (expected) this.#socket?.send(answer, port, address);
    });
    upstream.on('error', () => {
      // The backend refused one datagram; the next one may find it there.
    });
    return { backend, upstream, idle: clock.schedule(0, () => {}) };
  }

  #touch(client: string, flow: Flow): void {
    flow.idle.cancel();
    flow.idle = this.#options.clock.schedule(UDP_FLOW_IDLE_MS, () => this.#forget(client, flow));
    this.#flows.delete(client);
    this.#flows.set(client, flow);
    const [oldest] = this.#flows;
    if (this.#flows.size > UDP_FLOWS_MAX && oldest !== undefined) this.#forget(...oldest);
  }

  #forget(client: string, flow: Flow): void {
    flow.idle.cancel();
    flow.upstream.close();
    this.#flows.delete(client);
    this.#stopWhenUnused();
  }
}
