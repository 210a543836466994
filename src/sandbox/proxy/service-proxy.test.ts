import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { type Clock, pause } from '../../time/clock.ts';
import { realClock } from '../../time/real-clock.ts';
import { SeededRandom, SimulatedClock } from '../../time/simulated-clock.ts';
import { type AddressPlan, claimAddresses } from '../address-plan.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { Store } from '../api/store.ts';
import { StoreLink } from '../store-link.ts';
import { ServiceProxy } from './service-proxy.ts';

async function until(condition: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const deadline = realClock.now() + withinMs;
  while (!condition()) {
    assert.ok(realClock.now() < deadline, `${what}: not within ${withinMs} ms`);
    await pause(realClock, 2);
  }
}

interface Endpoint {
  readonly address: string;
  readonly conditions?: object;
}

interface Timing {
  readonly clock?: Clock;
  readonly proxySyncMs?: number;
}

/** A Service on an address of its own, with backends that say their name. */
class World {
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

async function withWorld(
  protocol: 'TCP' | 'UDP',
  run: (world: World) => Promise<void>,
  timing: Timing = {},
): Promise<void> {
  const claim = await claimAddresses();
  const world = new World(claim.plan, protocol, timing);
  try {
    await run(world);
  } finally {
    world.close();
    await claim.release();
  }
}

test('without a backend a connection is refused; with one it is answered, as soon as the slice says so', () =>
  withWorld('TCP', async (world) => {
    assert.equal(await world.ask(), 'ECONNREFUSED');
    const first = await world.tcpBackend(1, (socket) => socket.end('first\n'));
    const second = await world.tcpBackend(2, (socket) => socket.end('second\n'));
    world.route(first);
    assert.equal(await world.ask(), 'first');
    world.route(second);
    assert.equal(await world.ask(), 'second');
    world.route();
    assert.equal(await world.ask(), 'ECONNREFUSED');
    world.route(first);
    assert.equal(await world.ask(), 'first');
    assert.deepEqual(world.troubles, []);
  }));

test('a change of backends moves no open connection', () =>
  withWorld('TCP', async (world) => {
    const echo = (name: string) => (socket: net.Socket) =>
      socket.on('data', (data) => socket.write(`${name} ${data}`));
    const first = await world.tcpBackend(1, echo('first'));
    const second = await world.tcpBackend(2, echo('second'));
    world.route(first);
    const socket = world.connect();
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    socket.write('a\n');
    await until(() => heard === 'first a\n', 'an answer');
    world.route(second);
    socket.write('b\n');
    await until(() => heard === 'first a\nfirst b\n', 'an answer of the same backend');
    world.route();
    socket.write('c\n');
    await until(() => heard.endsWith('first c\n'), 'an answer of the same backend');
  }));

test('a terminating endpoint that serves gets traffic only while nobody is ready', () =>
  withWorld('TCP', async (world) => {
    const old = await world.tcpBackend(1, (socket) => socket.end('old\n'));
    const next = await world.tcpBackend(2, (socket) => socket.end('next\n'));
    const leaving = { ...old, conditions: { ready: false, serving: true, terminating: true } };
    world.route(leaving, { ...next, conditions: { ready: false, serving: false } });
    assert.equal(await world.ask(), 'old');
    world.route(leaving, { ...next, conditions: { ready: true, serving: true } });
    for (let round = 0; round < 8; round++) assert.equal(await world.ask(), 'next');
  }));

test('a half-close goes through, and the answer comes back after it', () =>
  withWorld('TCP', async (world) => {
    const backend = await world.tcpBackend(1, (socket) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('end', () => socket.end(`got ${text.length} bytes\n`));
    });
    world.route(backend);
    const socket = world.connect();
    let heard = '';
    socket.on('data', (chunk) => {
      heard += String(chunk);
    });
    socket.end('x'.repeat(300_000));
    await once(socket, 'end');
    assert.equal(heard, 'got 300000 bytes\n');
  }));

test('a backend that refuses, or resets, is a reset for the client', () =>
  withWorld('TCP', async (world) => {
    world.route({ address: world.address(7) });
    assert.equal(await world.ask(), 'ECONNRESET');
    const rude = await world.tcpBackend(1, (socket) => socket.resetAndDestroy());
    world.route(rude);
    assert.equal(await world.ask(), 'ECONNRESET');
  }));

test('a client that does not read stops the backend, not our memory', () =>
  withWorld('TCP', async (world) => {
    let sentBytes = 0;
    let stalled = false;
    const backend = await world.tcpBackend(1, (socket) => {
      const chunk = Buffer.alloc(64 * 1_024);
      const send = () => {
        stalled = false;
        while (sentBytes < 512 * 1_024 * 1_024) {
          sentBytes += chunk.length;
          if (!socket.write(chunk)) {
            stalled = true;
            socket.once('drain', send);
            return;
          }
        }
      };
      send();
    });
    world.route(backend);
    const socket = world.connect();
    socket.pause();
    await once(socket, 'connect');
    let before = -1;
    await until(() => {
      const quiet = stalled && sentBytes === before;
      before = sentBytes;
      return quiet;
    }, 'the backend is held back');
    assert.ok(sentBytes < 64 * 1_024 * 1_024, `${sentBytes} bytes were taken`);
  }));

test('a Service that goes takes its connections along and frees its address', () =>
  withWorld('TCP', async (world) => {
    const backend = await world.tcpBackend(1, (socket) => socket.write('hello\n'));
    world.route(backend);
    const socket = world.connect();
    await once(socket, 'data');
    world.store.delete(resourceTypes.services, 'default', 'web');
    await until(() => socket.destroyed || socket.readableEnded || socket.closed, 'closed');
    assert.equal(await world.ask(), 'ECONNREFUSED');
  }));

test('with proxySyncMs a second change within the pause waits for its end', async () => {
  const clock = new SimulatedClock();
  await withWorld(
    'TCP',
    async (world) => {
      const first = await world.tcpBackend(1, (socket) => socket.end('first\n'));
      const second = await world.tcpBackend(2, (socket) => socket.end('second\n'));
      await clock.advance(5_000);
      world.route(first);
      assert.equal(await world.ask(), 'first');
      world.route(second);
      await clock.advance(999);
      assert.equal(await world.ask(), 'first');
      await clock.advance(1);
      assert.equal(await world.ask(), 'second');
    },
    { clock, proxySyncMs: 1_000 },
  );
});

class UdpBackend {
  readonly heard: string[] = [];
  readonly socket: UdpSocket = createSocket('udp4');

  constructor(name: string) {
    this.socket.on('message', (message, from) => {
      this.heard.push(message.toString());
      this.socket.send(`${name} ${message}`, from.port, from.address);
    });
  }
}

class UdpClient {
  readonly answers: string[] = [];
  readonly #world: World;
  readonly #socket: UdpSocket = createSocket('udp4');

  constructor(world: World) {
    this.#world = world;
    world.closers.push(() => this.#socket.close());
    this.#socket.on('message', (message, from) => {
      assert.equal(from.address, world.host);
      this.answers.push(message.toString());
    });
  }

  send(text: string): void {
    this.#socket.send(text, this.#world.port, this.#world.host);
  }

  /** Sends until the first answer: the proxy may not listen yet. */
  async ask(text: string): Promise<string | undefined> {
    const count = this.answers.length;
    await until(() => {
      if (this.answers.length === count) this.send(text);
      return this.answers.length > count;
    }, `an answer to ${text}`);
    return this.answers[count];
  }
}

async function udpBackends(world: World, count: number): Promise<readonly UdpBackend[]> {
  const backends = Array.from({ length: count }, (_, index) => new UdpBackend(`backend${index + 1}`));
  for (const [index, { socket }] of backends.entries()) {
    socket.bind(world.backendPort, world.address(index + 1));
    world.closers.push(() => socket.close());
  }
  await Promise.all(backends.map(({ socket }) => once(socket, 'listening')));
  return backends;
}

test('UDP: a client keeps its backend, gets its answers, and is moved when the backend is none any more', () =>
  withWorld('UDP', async (world) => {
    await udpBackends(world, 2);
    const client = new UdpClient(world);
    world.route({ address: world.address(1) });
    assert.equal(await client.ask('a'), 'backend1 a');
    world.route({ address: world.address(1) }, { address: world.address(2) });
    assert.equal(await client.ask('b'), 'backend1 b');
    assert.equal(await client.ask('c'), 'backend1 c');
    world.route({ address: world.address(2) });
    assert.equal(await client.ask('d'), 'backend2 d');
  }));

test('UDP: a flow stays with a backend that serves though it is not ready, and moves when it serves no more', () =>
  withWorld('UDP', async (world) => {
    await udpBackends(world, 2);
    const client = new UdpClient(world);
    const first = { address: world.address(1) };
    const second = { address: world.address(2) };
    world.route(first, { ...second, conditions: { ready: false, serving: false } });
    assert.equal(await client.ask('a'), 'backend1 a');
    world.route({ ...first, conditions: { ready: false, serving: true } }, second);
    assert.equal(await client.ask('b'), 'backend1 b');
    assert.equal(await new UdpClient(world).ask('b'), 'backend2 b');
    world.route({ ...first, conditions: { ready: false, serving: false } }, second);
    assert.equal(await client.ask('c'), 'backend2 c');
  }));

test('UDP: while nobody serves a flow stays where it is, and a new client gets nothing', () =>
  withWorld('UDP', async (world) => {
    const [backend] = await udpBackends(world, 2);
    const client = new UdpClient(world);
    const first = { address: world.address(1) };
    world.route(first);
    assert.equal(await client.ask('a'), 'backend1 a');
    world.route({ ...first, conditions: { ready: false, serving: false } });
    const stranger = new UdpClient(world);
    stranger.send('nothing');
    assert.equal(await client.ask('b'), 'backend1 b');
    assert.deepEqual([stranger.answers, backend?.heard.includes('nothing')], [[], false]);
    world.route({ address: world.address(2) });
    assert.equal(await client.ask('c'), 'backend2 c');
    assert.equal(await stranger.ask('d'), 'backend2 d');
  }));

test('an address that someone else holds is told, and taken as soon as it is free', () =>
  withWorld('TCP', async (world) => {
    const squatter = net.createServer().listen(world.port, world.host);
    await once(squatter, 'listening');
    const backend = await world.tcpBackend(1, (socket) => socket.end('mine\n'));
    world.route(backend);
    await until(() => world.troubles.length > 0, 'told');
    assert.match(world.troubles[0] ?? '', /^Service default\/web:8080: .*EADDRINUSE/);
    squatter.close();
    const deadline = realClock.now() + 5_000;
    while ((await world.ask()) !== 'mine') assert.ok(realClock.now() < deadline);
  }));

test('thousands of short connections all get their answer', () =>
  withWorld('TCP', async (world) => {
    const backend = await world.tcpBackend(1, (socket) => {
      socket.on('end', () => socket.end());
      socket.resume();
      socket.write('answer\n');
    });
    world.route(backend);
    const answers = new Map<string, number>();
    const client = async () => {
      for (let count = 0; count < 100; count++) {
        const answer = await world.ask();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 20 }, client));
    assert.deepEqual([...answers], [['answer', 2_000]]);
  }));
