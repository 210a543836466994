/**
 * Owns a Service with a proxy of its own and backends on loopback addresses, for tests of what clients get.
 * Must not be used by anything else.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { type Clock, pause } from '../../time/clock.ts';
import { realClock } from '../../time/real-clock.ts';
import { SeededRandom } from '../../time/simulated-clock.ts';
import { type AddressPlan, claimAddresses } from '../address-plan.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { Store } from '../api/store.ts';
import { StoreLink } from '../store-link.ts';
import { ServiceProxy } from './service-proxy.ts';

export async function until(condition: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const deadline = realClock.now() + withinMs;
  while (!condition()) {
    assert.ok(realClock.now() < deadline, `${what}: not within ${withinMs} ms`);
    await pause(realClock, 2);
  }
}

export interface Endpoint {
  readonly address: string;
  readonly conditions?: object;
}

interface Timing {
  readonly clock?: Clock;
  readonly proxySyncMs?: number;
}

/** A Service on an address of its own, with backends that say their name. */
export class ProxiedService {
  readonly store = new Store({ clock: realClock, random: new SeededRandom(1) });
  readonly troubles: string[] = [];
  readonly closers: (() => unknown)[] = [];
  readonly host: string;
  readonly podPrefix: string;
  readonly port = 8_080;
  readonly backendPort = 18_080;

  constructor(
    prefixes: AddressPlan,
    protocol: 'TCP' | 'UDP',
    { clock = realClock, proxySyncMs = 0 }: Timing,
  ) {
    this.host = `${prefixes.servicePrefix}.0.1`;
    this.podPrefix = prefixes.podPrefix;
    const proxy = new ServiceProxy({
      link: new StoreLink(this.store),
      clock,
      random: new SeededRandom(2),
      proxySyncMs,
      onTrouble: (line) => this.troubles.push(line),
    });
    this.closers.push(() => proxy.close());
    this.store.create(resourceTypes.services, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: this.host, ports: [{ port: this.port, targetPort: this.backendPort, protocol }] },
    });
    this.store.create(resourceTypes.endpointslices, {
      metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: this.backendPort, protocol }],
      endpoints: [],
    });
  }

  address(number: number): string {
    return `${this.podPrefix}.9.${number}`;
  }

  route(...endpoints: readonly Endpoint[]): void {
    this.store.patch(resourceTypes.endpointslices, 'default', 'web-1', {
      type: 'merge',
      body: {
        endpoints: endpoints.map(({ address, conditions = {} }) => ({ addresses: [address], conditions })),
      },
    });
  }

  async tcpBackend(number: number, serve: (socket: net.Socket) => void): Promise<Endpoint> {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      this.closers.push(() => socket.destroy());
      serve(socket);
    });
    server.listen(this.backendPort, this.address(number));
    await once(server, 'listening');
    this.closers.push(() => server.close());
    return { address: this.address(number) };
  }

  connect(): net.Socket {
    const socket = net.connect({ host: this.host, port: this.port, allowHalfOpen: true });
    socket.on('error', () => {});
    this.closers.push(() => socket.destroy());
    return socket;
  }

  /** What one new connection gets: a line, or an error's code. */
  ask(): Promise<string> {
    return new Promise((resolve) => {
      const socket = net.connect({ host: this.host, port: this.port });
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
        if (text.includes('\n')) socket.end();
      });
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      socket.once('close', () => resolve(text.trim()));
    });
  }

  close(): void {
    for (const close of this.closers.reverse()) close();
  }
}

export async function withWorld(
  protocol: 'TCP' | 'UDP',
  run: (world: ProxiedService) => Promise<void>,
  timing: Timing = {},
): Promise<void> {
  const claim = await claimAddresses();
  const world = new ProxiedService(claim.plan, protocol, timing);
  try {
    await run(world);
  } finally {
    world.close();
    await claim.release();
  }
}
