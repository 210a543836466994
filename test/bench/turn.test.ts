import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { takeTurn } from '../../bench/cluster/turn.ts';
import { startOf } from '../cluster/process-table.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'understudy-turn-'));
const file = path.join(folder, 'turn.json');
after(() => rmSync(folder, { recursive: true }));

describe('the turn to measure on a cluster', () => {
  test('is had by one process, until it gives it back', () => {
    const giveBack = takeTurn(file);
    assert.throws(() => takeTurn(file), {
      name: 'ClusterError',
      message: `another measurement runs on this cluster (pid ${process.pid})`,
    });
    giveBack();
    assert.equal(existsSync(file), false);
    takeTurn(file)();
  });

  test('is not kept by one that has ended', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    writeFileSync(file, JSON.stringify({ pid: child.pid, startedAt: startOf(child.pid ?? 0) }));
    assert.throws(() => takeTurn(file), { name: 'ClusterError' });
    child.stdin.end();
    await once(child, 'exit');
    takeTurn(file)();
  });
});
