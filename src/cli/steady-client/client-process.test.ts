import assert from 'node:assert/strict';
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
  const client = startClientProcess({ host: '127.0.0.1', port }, 5);
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
  const client = startClientProcess({ host: '127.0.0.1', port: 9 }, 5);
  after(() => client.stop());
  await until(client.log, () => client.log.attempts.length > 0);
  client.moveTo({ host: '127.0.0.1', port });
  await until(client.log, () => client.log.lastAnswer()?.outcome.line === 'elsewhere');
});

test('the process of a steady client ends when it is stopped', { timeout: 20_000 }, async () => {
  const client = startClientProcess({ host: '127.0.0.1', port: 9 }, 50);
  await until(client.log, () => client.log.attempts.length > 0);
  await client.stop();
  await client.stop();
  assert.ok(client.pid !== undefined);
  assert.throws(() => process.kill(client.pid ?? 0, 0), { code: 'ESRCH' });
});
