import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { realClock } from '../../time/real-clock.ts';
import { SimulatedClock } from '../../time/simulated-clock.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { until, withWorld } from './proxied-service.ts';

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
