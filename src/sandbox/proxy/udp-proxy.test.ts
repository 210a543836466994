import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { type ProxiedService, until, withWorld } from './proxied-service.ts';

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
  readonly #world: ProxiedService;
  readonly #socket: UdpSocket = createSocket('udp4');

  constructor(world: ProxiedService) {
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

  /**
   * Sends until it is answered: the proxy may not listen yet. Each text once: an earlier one may be answered twice, late.
   * Resolves to the answer, which says whose it is.
   */
  async ask(text: string): Promise<string | undefined> {
    const answer = () => this.answers.find((one) => one.endsWith(` ${text}`));
    await until(() => {
      if (answer() === undefined) this.send(text);
      return answer() !== undefined;
    }, `an answer to ${text}`);
    return answer();
  }
}

async function udpBackends(world: ProxiedService, count: number): Promise<readonly UdpBackend[]> {
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
