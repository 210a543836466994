/*
 * Owns the contract of the Dialer port: the same cases on real sockets and on the simulated network.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { DialEvents, DialedConnection, Dialer, DialTarget } from '../../src/controller/dialer.ts';
import { TcpDialer } from '../../src/controller/tripwire-dialer.ts';
import { SimulatedClock } from '../../src/time/simulated-clock.ts';
import { until } from '../kube/until.ts';
import { SimulatedHosts } from './simulated-hosts.ts';

interface Server {
  readonly target: DialTarget;
  connections(): number;
  receivedBytes(): number;
  /** Ends every connection. */
  end(by: 'fin' | 'rst'): void;
  /** To every connection. */
  send(bytes: number): void;
  stopListening(): Promise<void>;
}

interface Network {
  readonly dialer: Dialer;
  listen(): Promise<Server>;
  until(condition: () => boolean, what: string): Promise<void>;
}

function realNetwork(context: TestContext): Network {
  return {
    dialer: new TcpDialer({ keepAliveIdleMs: 1_000 }),
    listen: () => realServer(context),
    until: (condition, what) => until(condition, what),
  };
}

async function realServer(context: TestContext): Promise<Server> {
  const sockets = new Set<Socket>();
  let receivedBytes = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', ({ length }) => {
      receivedBytes += length;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return {
    target: { ip: '127.0.0.1', port },
    connections: () => sockets.size,
    receivedBytes: () => receivedBytes,
    end(by) {
      for (const socket of sockets) {
        if (by === 'fin') socket.end();
        else socket.resetAndDestroy();
      }
    },
    send(bytes) {
      for (const socket of sockets) socket.write(Buffer.alloc(bytes));
    },
    stopListening: () =>
      new Promise((resolve) => {
        // Listening ends at once; the callback waits for the connections, of which there may be some.
        server.close();
        setImmediate(resolve);
      }),
  };
}

function simulatedNetwork(): Network {
  const clock = new SimulatedClock();
  const hosts = new SimulatedHosts(clock);
  let port = 8_080;
  return {
    dialer: hosts,
    until: (condition, what) => clock.advanceUntil(condition, 5_000, what),
    async listen() {
      const target = { ip: '127.0.0.1', port: port++ };
      const listener = hosts.listen(target);
      return {
        target,
        connections: () => listener.connections.size,
        receivedBytes: () => 0,
        end: (by) => listener.endAll(by),
        send(bytes) {
          for (const connection of listener.connections) connection.send(bytes);
        },
        stopListening: async () => listener.stopListening(),
      };
    },
  };
}

/** What came of one dial, in order. */
class Dialed {
  readonly heard: string[] = [];
  bytes = 0;
  readonly connection: DialedConnection;

  constructor(dialer: Dialer, target: DialTarget, onBytes: (dialed: Dialed) => void = () => undefined) {
    const events: DialEvents = {
      accepted: () => this.heard.push('accepted'),
      failed: ({ kind }) => this.heard.push(`failed: ${kind}`),
      bytes: (count) => {
        this.bytes += count;
        onBytes(this);
      },
      ended: (by) => this.heard.push(`ended: ${by}`),
    };
    this.connection = dialer.dial(target, events);
  }
}

for (const [name, openNetwork] of [
  ['real sockets', realNetwork],
  ['the simulated network', simulatedNetwork],
] as const) {
  describe(`a dial on ${name}`, () => {
    async function connect(network: Network, onBytes?: (dialed: Dialed) => void) {
      const server = await network.listen();
      const dialed = new Dialed(network.dialer, server.target, onBytes);
      assert.deepEqual(dialed.heard, [], 'nothing is called before dial() has returned');
      const isUp = () => dialed.heard.length > 0 && server.connections() > 0;
      await network.until(isUp, 'the connection');
      assert.deepEqual(dialed.heard, ['accepted']);
      return { server, dialed };
    }

    test('is accepted where somebody listens', async (context) => {
      const { dialed } = await connect(openNetwork(context));
      dialed.connection.close();
    });

    test('is refused where nobody listens any more', async (context) => {
      const network = openNetwork(context);
      const server = await network.listen();
      await server.stopListening();
      const dialed = new Dialed(network.dialer, server.target);
      await network.until(() => dialed.heard.length > 0, 'an outcome');
      assert.deepEqual(dialed.heard, ['failed: refused']);
    });

    for (const by of ['fin', 'rst'] as const) {
      test(`hears of a ${by} of its peer once, and lets go of the connection`, async (context) => {
        const network = openNetwork(context);
        const { dialed, server } = await connect(network);
        server.end(by);
        await network.until(() => dialed.heard.length > 1, 'the end');
        await network.until(() => server.connections() === 0, 'the server is rid of it');
        assert.deepEqual(dialed.heard, ['accepted', `ended: ${by}`]);
      });
    }

    test('outlives a listener that is closed', async (context) => {
      const network = openNetwork(context);
      const { dialed, server } = await connect(network);
      await server.stopListening();
      server.send(1);
      await network.until(() => dialed.bytes === 1, 'a byte');
      assert.deepEqual(dialed.heard, ['accepted']);
      dialed.connection.close();
    });

    test('counts what it is sent', async (context) => {
      const network = openNetwork(context);
      const { dialed, server } = await connect(network);
      server.send(100_000);
      await network.until(() => dialed.bytes === 100_000, 'all bytes');
      server.end('fin');
      await network.until(() => dialed.heard.length > 1, 'the end');
      assert.deepEqual(dialed.heard, ['accepted', 'ended: fin']);
    });

    test('takes no byte more once it is told to stop reading, and can still be closed', async (context) => {
      const network = openNetwork(context);
      const { dialed, server } = await connect(network, ({ connection }) => connection.stopReading());
      server.send(1);
      await network.until(() => dialed.bytes === 1, 'the first byte');
      server.send(1_000_000);
      const other = await connect(network);
      assert.equal(dialed.bytes, 1);
      other.dialed.connection.close();
      dialed.connection.close();
      await network.until(() => server.connections() === 0, 'the server is rid of it');
      assert.deepEqual(dialed.heard, ['accepted']);
    });

    test('that was closed is closed for its peer too, says nothing more, and has sent nothing', async (context) => {
      const network = openNetwork(context);
      const { dialed, server } = await connect(network);
      dialed.connection.close();
      dialed.connection.close();
      await network.until(() => server.connections() === 0, 'the server is rid of it');
      assert.equal(server.receivedBytes(), 0);
      assert.deepEqual(dialed.heard, ['accepted']);
    });

    test('that is closed before its outcome says nothing at all', async (context) => {
      const network = openNetwork(context);
      const server = await network.listen();
      const closed = new Dialed(network.dialer, server.target);
      closed.connection.close();
      const other = new Dialed(network.dialer, server.target);
      await network.until(() => other.heard.length > 0, 'the next one');
      other.connection.close();
      await network.until(() => server.connections() === 0, 'the server is rid of both');
      assert.deepEqual(closed.heard, []);
    });

    for (const target of [
      { ip: 'not-an-address', port: 8_080 },
      { ip: '127.0.0.1', port: 65_536 },
    ]) {
      test(`to ${target.ip}:${target.port} is a failure of ours, not an exception`, async (context) => {
        const network = openNetwork(context);
        const dialed = new Dialed(network.dialer, target);
        assert.deepEqual(dialed.heard, [], 'nothing is called before dial() has returned');
        await network.until(() => dialed.heard.length > 0, 'an outcome');
        assert.deepEqual(dialed.heard, ['failed: local']);
      });
    }
  });
}
