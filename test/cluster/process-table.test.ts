import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import { test } from 'node:test';
import { until } from './condition.ts';
import { startOf } from './process-table.ts';

/** Listens, with many threads that hold its files as it does; says on which port. */
const server = `
const { Worker } = require('node:worker_threads');
for (let count = 0; count < 8; count++) new Worker('for (;;);', { eval: true });
const listener = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(listener.address().port));
`;

test('a process that was killed has ended only when its ports are free', async () => {
  for (let round = 0; round < 10; round++) {
    const child = spawn(process.execPath, ['--eval', server], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(child.stdout, 'data');
    const port = Number(String(said));
    const { pid = 0 } = child;
    assert.notEqual(startOf(pid), undefined);
    child.kill('SIGKILL');
    await until(() => (startOf(pid) === undefined ? true : undefined), {
      what: 'the process to end',
      withinMs: 10_000,
      everyMs: 1,
    });
    const next = net.createServer().listen(port, '127.0.0.1');
    await once(next, 'listening');
    next.close();
    await once(next, 'close');
  }
});
