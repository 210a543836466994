/**
 * Runs the one file of the image (scripts/bundle.ts) on this machine's Node, from a folder without packages beside it.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox } from '../src/sandbox/sandbox.ts';

const run = promisify(execFile);
const bundle = fileURLToPath(new URL('../scripts/bundle.ts', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
/** Far above a start on a busy machine. */
const startWithinMs = 20_000;

let folder = '';
const program = (name: 'understudy.cjs' | 'icr') => path.join(folder, name);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function understudy(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program('understudy.cjs'), ...args], { stdio: 'pipe' });
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** The health port's address, as the controller's log says it. */
async function healthOf(controller: ChildProcess): Promise<string> {
  assert.ok(controller.stdout);
  for await (const line of createInterface({ input: controller.stdout })) {
    const address = /health on (http:\/\/[^"]+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  return assert.fail('the controller ended before it had a health port');
}

async function untilReady(health: string): Promise<void> {
  const deadline = performance.now() + startWithinMs;
  for (;;) {
    const answer = await fetch(`${health}/readyz`);
    const text = await answer.text();
    if (answer.ok) return;
    assert.ok(performance.now() < deadline, `not Ready within ${startWithinMs} ms: ${text}`);
    await pause(20);
  }
}

describe('the one file of the image', () => {
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'understudy-bundle-test-'));
    await run(process.execPath, [bundle, folder]);
    symlinkSync('understudy.cjs', program('icr'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('it says its version, and can be run without naming node', async () => {
    assert.equal((await understudy('--version')).stdout, `${version}\n`);
    const firstLine = readFileSync(program('understudy.cjs'), 'utf8').split('\n', 1)[0];
    assert.equal(firstLine, '#!/usr/bin/node');
  });

  test('it explains the controller, and offers nothing that is not in it', async () => {
    assert.match((await understudy('controller', '--help')).stdout, /--adopt <key=value>/);
    const { code, stderr } = await understudy('sandbox');
    assert.equal(code, 2);
    assert.match(stderr, /^error: unknown command 'sandbox'/);
  });

  test('bad flags are told in one line each, with exit code 2 and no stack', async () => {
    const { code, stderr } = await understudy(
      'controller',
      '--adopt',
      'hapod',
      '--safety',
      'Maybe',
      '--name',
      'a',
    );
    assert.equal(code, 2);
    assert.equal(stderr.trimEnd().split('\n').length, 2, stderr);
    for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^understudy: --(adopt|safety): /);
  });

  test('it carries the licences of the packages in it', () => {
    assert.match(readFileSync(path.join(folder, 'LICENSES'), 'utf8'), /^=== pino ===$/m);
  });

  for (const name of ['understudy.cjs', 'icr'] as const) {
    const args = name === 'icr' ? [] : ['controller', '--adopt', 'app=hapod'];
    test(`started as ${name}, it becomes Ready for app=hapod, and a SIGTERM ends it well`, async (context) => {
      const sandbox = await startSandbox();
      const startedAt = performance.now();
      const controller = spawn(
        process.execPath,
        [program(name), ...args, '--controller-namespace', 'default', '--listen', ':0'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
          env: { POD_NAME: 'controller', POD_IP: '127.0.0.1', KUBECONFIG: sandbox.kubeconfigPath },
        },
      );
      try {
        await untilReady(await healthOf(controller));
        context.diagnostic(`${name}: Ready after ${Math.round(performance.now() - startedAt)} ms`);
      } finally {
        controller.kill('SIGTERM');
        const [code] = await once(controller, 'exit');
        await sandbox.close();
        assert.equal(code, 0);
      }
    });
  }
});
