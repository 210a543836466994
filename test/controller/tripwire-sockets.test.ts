/*
 * Owns what tripwires make of real servers: killed, stopped, reloading, closing early, talking, or not there.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { DialEvents, DialedConnection, Dialer, DialTarget } from '../../src/controller/dialer.ts';
import { Tripwires } from '../../src/controller/tripwire.ts';
import { TcpDialer } from '../../src/controller/tripwire-dialer.ts';
import { type TripwireLimits, tripwireLimits } from '../../src/controller/tripwire-limits.ts';
import { incarnation } from '../../src/core/identity.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import { until } from '../kube/until.ts';
import { ServerProcess } from './server-process.ts';

/** Counts the refusals that real sockets meet with. */
class CountingDialer implements Dialer {
  refusals = 0;
  readonly #dialer = new TcpDialer(tripwireLimits);

  dial(target: DialTarget, events: DialEvents): DialedConnection {
    return this.#dialer.dial(target, {
      accepted: () => events.accepted(),
      failed: (failure) => {
        if (failure.kind === 'refused') this.refusals++;
        events.failed(failure);
      },
      bytes: (count) => events.bytes(count),
      ended: (by) => events.ended(by),
    });
  }
}

/** One tripwire on real sockets, and what it says. */
class Watching {
  readonly dialer = new CountingDialer();
  readonly heard: string[] = [];
  readonly fresh: string[] = [];
  readonly tripwires: Tripwires;

  constructor(context: TestContext, port: number, limits: Partial<TripwireLimits> = {}) {
    this.tripwires = new Tripwires({
      clock: realClock,
      random: realRandom,
      dialer: this.dialer,
      limits: { ...tripwireLimits, ...limits },
      onEvidence: (_key, of, evidence) => this.heard.push(`${of} ${evidence.kind}`),
      onProblems: (_key, fresh) => this.fresh.push(...fresh.map(({ code }) => code)),
    });
    context.after(() => this.tripwires.stop());
    this.watch(port, 'first');
  }

  watch(port: number, life: string): void {
    this.tripwires.watch('s', { ip: '127.0.0.1', port, incarnation: incarnation(life) });
  }

  async until(text: string): Promise<void> {
    await until(() => this.heard.at(-1) === text || this.fresh.at(-1) === text, text, 20_000);
  }
}

/** In this process; `onConnection` is what it does. */
async function startServer(context: TestContext, onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    onConnection(socket.resume());
  });
  context.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { server, sockets, port: await listen(server, 0) };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function startProcess(context: TestContext, port = 0): Promise<ServerProcess> {
  const server = await ServerProcess.start(port);
  context.after(() => server.stop());
  return server;
}

/** More connections than its backlog holds: the kernel answers no further SYN while it does not accept. */
async function fillBacklog(context: TestContext, port: number): Promise<void> {
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  context.after(() => {
    for (const filler of fillers) filler.destroy();
  });
  await until(() => fillers.some(({ connecting }) => !connecting), 'a connection in the backlog');
}

describe('a tripwire to a real server', () => {
  test('tells that it was killed, once, and that it accepts again', async (context) => {
    const server = await startProcess(context);
    const watching = new Watching(context, server.port);
    await watching.until('first accepting');
    server.signal('SIGKILL');
    await watching.until('first refused');
    await startProcess(context, server.port);
    await watching.until('first accepting');
    assert.deepEqual(watching.heard, ['first accepting', 'first refused', 'first accepting']);
  });

  test('tells of each incarnation what it did, not of the one before it', async (context) => {
    const [one, other] = [await startProcess(context), await startProcess(context)];
    const watching = new Watching(context, one.port);
    await watching.until('first accepting');
    watching.watch(other.port, 'second');
    await watching.until('second accepting');
    one.signal('SIGKILL');
    other.signal('SIGKILL');
    await watching.until('second refused');
    assert.deepEqual(watching.heard, ['first accepting', 'second accepting', 'second refused']);
  });

  test('that is stopped says nothing: its kernel keeps the connection', async (context) => {
    const server = await startProcess(context);
    const witness = await startProcess(context);
    const watching = new Watching(context, server.port);
    const beside = new Watching(context, witness.port);
    await Promise.all([watching.until('first accepting'), beside.until('first accepting')]);
    server.signal('SIGSTOP');
    witness.signal('SIGKILL');
    await beside.until('first refused');
    assert.deepEqual(watching.heard, ['first accepting']);
  });

  test('that answers no SYN is suspicion and a sentence about the network', async (context) => {
    const server = await startProcess(context);
    server.signal('SIGSTOP');
    await fillBacklog(context, server.port);
    const watching = new Watching(context, server.port, { dialLimitMs: 100 });
    await watching.until('Silent');
    assert.deepEqual(watching.heard, ['first suspicion']);
    server.signal('SIGCONT');
    await watching.until('first accepting');
    assert.deepEqual(watching.tripwires.problems('s'), []);
  });

  test('that closes idle connections after 200 ms is alive', async (context) => {
    let closed = 0;
    const { port } = await startServer(context, (socket) => {
      socket.setTimeout(200, () => {
        closed++;
        socket.end();
      });
    });
    const watching = new Watching(context, port);
    await watching.until('ClosesEarly');
    assert.ok(closed >= tripwireLimits.shortLivesSaid);
    assert.deepEqual(watching.heard, ['first accepting']);
  });

  test('that reloads within 3 ms is alive', async (context) => {
    const { server, sockets, port } = await startServer(context, () => undefined);
    const watching = new Watching(context, port);
    await watching.until('first accepting');
    for (let reload = 1; reload <= 5; reload++) {
      server.close();
      for (const socket of sockets) socket.destroy();
      realClock.schedule(3, () => server.listen(port, '127.0.0.1'));
      await once(server, 'connection');
    }
    await until(() => sockets.size === 1, 'the connection');
    assert.ok(watching.dialer.refusals > 0, 'no attempt fell into a reload');
    assert.deepEqual(watching.heard, ['first accepting']);
  });

  test('that sends megabytes keeps its connection, unread', async (context) => {
    const { sockets, port } = await startServer(context, (socket) => {
      const chunk = Buffer.alloc(1_000_000);
      const send = () => {
        while (socket.write(chunk));
        socket.once('drain', send);
      };
      send();
    });
    const watching = new Watching(context, port);
    await watching.until('first accepting');
    await until(() => watching.fresh.includes('Talks'), 'the sentence');
    const [socket] = sockets;
    // Its buffers and ours are full: it has written something that nobody takes.
    await until(() => (socket?.writableLength ?? 0) > 0, 'the standstill');
    assert.deepEqual([sockets.size, socket?.destroyed, watching.fresh.length], [1, false, 1]);
    assert.deepEqual(watching.heard, ['first accepting']);
  });

  test('that accepts and resets at once, as a sidecar does, is no evidence', async (context) => {
    const { port } = await startServer(context, (socket) => socket.resetAndDestroy());
    const watching = new Watching(context, port);
    await watching.until('AnsweredFor');
    assert.deepEqual(watching.heard, ['first suspicion']);
  });

  test('that never listens is a sentence, and no evidence', async (context) => {
    const { server, port } = await startServer(context, () => undefined);
    server.close();
    const watching = new Watching(context, port, { neverAcceptedMs: 100 });
    await watching.until('NobodyListens');
    assert.deepEqual(watching.heard, []);
  });
});
