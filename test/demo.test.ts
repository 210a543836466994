/**
 * Plays the demo as a newcomer does, in a process of its own, and looks at what it leaves behind.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DemoResult } from '../src/cli/demo/demo.ts';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

let folder = '';

/** The demo, with a folder for temporary files that nothing else uses: what is left there was left by it. */
function startDemo(
  args: readonly string[],
): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  const environment = { ...process.env, TMPDIR: folder };
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  return spawn(process.execPath, [main, 'demo', ...args], { env: environment, stdio: [...stdio] });
}

/** Processes that carry the folder in their environment: the demo's own, and everything that it started. */
function processesOfFolder(): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return ids.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

describe('the demo', { timeout: 110_000 }, () => {
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'understudy-demo-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('passes five of five scenes, writes its results, and leaves no process and no file behind', async () => {
    const resultsFile = path.join(folder, 'results.json');
    const demo = startDemo(['--once', '--json', resultsFile]);
    const lines: string[] = [];
    createInterface({ input: demo.stdout }).on('line', (line) => lines.push(line));
    const [code] = await once(demo, 'close');
    assert.equal(code, 0, lines.join('\n'));

    const result = JSON.parse(readFileSync(resultsFile, 'utf8')) as DemoResult;
    assert.deepEqual(
      result.scenes.map(({ passed }) => passed),
      [true, true, true, true, true],
    );
    assert.deepEqual(
      result.scenes.map(({ epoch }) => epoch.after - epoch.before),
      [1, 1, 1, 0, 1],
    );
    assert.ok(lines.some((line) => line.includes('5 of 5 scenes passed')));
    assert.deepEqual(
      lines.filter((line) => line.length > 100),
      [],
    );
    assert.deepEqual(readdirSync(folder), ['results.json']);
    assert.deepEqual(processesOfFolder(), []);
    rmSync(resultsFile);
  });

  test('Ctrl-C in the middle of a scene leaves no process and no file behind', async () => {
    const demo = startDemo([]);
    for await (const line of createInterface({ input: demo.stdout })) {
      if (/^ 1 {2}kill -9/.test(line)) demo.kill('SIGINT');
    }
    if (demo.exitCode === null) await once(demo, 'exit');
    assert.equal(demo.exitCode, 130);
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(processesOfFolder(), []);
  });
});
