import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { after, test } from 'node:test';
import { isAnswered } from './attempt.ts';
import type { ClientLog } from './client-log.ts';
import { startClientProcess } from './client-process.ts';
import { machineNowMs } from './machine-time.ts';

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** Resolves at the first addition to the log after which `condition` holds. */
function until(log: ClientLog, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = log.subscribe(() => {
      if (!condition()) return;
      unsubscribe();
      resolve();
    });
  });
}

test('a steady client sees who answers, that nobody does, and that another one does', {
  timeout: 20_000,
}, async () => {
  const answering = (line: string) =>
    createServer((socket) => socket.on('error', () => undefined).end(`${line}\n`));
  const first = answering('first pod');
  const port = await listen(first, 0);
  const client = startClientProcess({ target: { host: '127.0.0.1', port }, everyMs: 5 });
  after(() => client.stop());
  await until(client.log, () => client.log.lastAnswer()?.outcome.line === 'first pod');

  const closedAtMs = machineNowMs();
  await new Promise((resolve) => first.close(resolve));
  await until(client.log, () => client.log.failedCount(closedAtMs, machineNowMs()) >= 3);
  const second = answering('second pod');
  after(() => second.close());
  await listen(second, port);
  await until(client.log, () => client.log.lastAnswer()?.outcome.line === 'second pod');

  const answer = client.log.firstAnswer(closedAtMs, (line) => line === 'second pod');
  assert.ok(answer !== undefined);
  assert.ok((client.log.longestGapMs(0, answer.endedAtMs) ?? 0) >= 10);
  // The first to fail may have been accepted already when the server went: it was reset.
  const refused = client.log.attempts.findLast((attempt) => !isAnswered(attempt));
  assert.deepEqual(refused?.outcome, { kind: 'failed', code: 'ECONNREFUSED' });
});

test('a steady client that is moved goes on at the other address', { timeout: 20_000 }, async () => {
  const server = createServer((socket) => socket.on('error', () => undefined).end('elsewhere\n'));
  after(() => server.close());
  const port = await listen(server, 0);
  const client = startClientProcess({ target: { host: '127.0.0.1', port: 9 }, everyMs: 5 });
  after(() => client.stop());
  await until(client.log, () => client.log.attempts.length > 0);
  client.moveTo({ host: '127.0.0.1', port });
  await until(client.log, () => client.log.lastAnswer()?.outcome.line === 'elsewhere');
});

test('a steady client asks on while earlier attempts hang, and gives each up after its own time', {
  timeout: 20_000,
}, async () => {
  const server = createServer((socket) => socket.on('error', () => undefined));
  after(() => server.close());
  const port = await listen(server, 0);
  const target = { host: '127.0.0.1', port };
  const client = startClientProcess({ target, everyMs: 5, timeoutMs: 200 });
  after(() => client.stop());
  await until(client.log, () => client.log.attempts.length >= 20);
  const attempts = client.log.attempts.toSorted((left, right) => left.startedAtMs - right.startedAtMs);
  assert.ok(attempts.every(({ outcome }) => outcome.kind === 'failed' && outcome.code === 'TIMEOUT'));
  const [first, second] = attempts;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(second.startedAtMs < first.endedAtMs, 'the second began before the first was given up');
});

test('a steady client numbers its datagrams: it knows which were answered, by whom, and which were lost', {
  timeout: 20_000,
}, async () => {
  const server = createSocket('udp4');
  server.on('message', (message, { address, port }) => {
    const number = Number(message.toString());
    if (number % 3 !== 0) server.send(`${number} first pod\n`, port, address);
  });
  after(() => server.close());
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const target = { host: '127.0.0.1', port: server.address().port };
  const client = startClientProcess({
    target: { host: '127.0.0.1', port: 9 },
    everyMs: 50,
    datagrams: { target, everyMs: 5, timeoutMs: 100 },
  });
  after(() => client.stop());
  await until(client.datagrams, () => client.datagrams.failedCount(0, machineNowMs()) >= 5);
  const { attempts } = client.datagrams;
  const lost = attempts.filter((attempt) => !isAnswered(attempt));
  assert.ok(attempts.filter(isAnswered).every(({ outcome }) => outcome.line === 'first pod'));
  assert.ok(lost.every(({ outcome }) => outcome.kind === 'failed' && outcome.code === 'TIMEOUT'));
  // Each lost one was sent between two that were answered, and is told a time-out later.
  assert.ok(attempts.length - lost.length >= lost.length);
});

test('a client process that was ended from outside says that it runs no more', {
  timeout: 20_000,
}, async () => {
  const client = startClientProcess({ target: { host: '127.0.0.1', port: 9 }, everyMs: 50 });
  await until(client.log, () => client.log.attempts.length > 0);
  assert.ok(client.pid !== undefined && client.running);
  process.kill(client.pid, 'SIGKILL');
  while (client.running) await new Promise((resolve) => setImmediate(resolve));
  await client.stop();
});

test('the process of a steady client ends when it is stopped', { timeout: 20_000 }, async () => {
  const client = startClientProcess({ target: { host: '127.0.0.1', port: 9 }, everyMs: 50 });
  await until(client.log, () => client.log.attempts.length > 0);
  await client.stop();
  await client.stop();
  assert.ok(client.pid !== undefined);
  assert.throws(() => process.kill(client.pid ?? 0, 0), { code: 'ESRCH' });
});
