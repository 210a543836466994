import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pause } from '../../time/clock.ts';
import { realClock } from '../../time/real-clock.ts';
import { processesSuite } from './processes.suite.ts';
import type { Command } from './processes.ts';
import { RealProcesses } from './real-processes.ts';
import { SANDBOX_MARKER } from './reaper.ts';

async function until(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const deadline = realClock.now() + withinMs;
  while (!condition()) {
    assert.ok(realClock.now() < deadline, `${what}: not within ${withinMs} ms`);
    await pause(realClock, 5);
  }
}

function shell(script: string, stdin: Command['stdin'] = 'none'): Command {
  const environment = { PATH: process.env.PATH ?? '' };
  return { argv: ['/bin/sh', '-c', script], environment, directory: '/', stdin };
}

/** The living processes (zombies are dead) that carry the marker of the given sandbox. */
function carriers(marker: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '')[0];
        return (
          state !== 'Z' &&
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${SANDBOX_MARKER}=${marker}`)
        );
      } catch {
        return false;
      }
    });
}

let worlds = 0;

processesSuite('real processes', () => ({
  processes: new RealProcesses({ marker: `suite-${process.pid}-${worlds++}` }),
  commands: {
    exitsWith3: () => shell('exit 3'),
    runsForever: () => shell('exec sleep 1000'),
    ignoresTermination: () => shell('trap "" TERM; echo ready; while :; do sleep 1000; done'),
    prints: () => shell('echo out; echo err >&2'),
    echoes: () => shell('exec cat', 'pipe'),
    crashes: () => shell('kill -SEGV $$'),
    doesNotExist: () => ({ ...shell(''), argv: ['/usr/bin/no-such-program'] }),
  },
  until,
}));

test('a process that left its group ends with the sandbox all the same', async () => {
  const marker = `escape-${process.pid}`;
  const processes = new RealProcesses({ marker });
  processes.start(shell('setsid sleep 1000 & exit 0'), { onOutput() {}, onExit() {}, onClosed() {} });
  await until(() => carriers(marker).length === 1, 'only the descendant is left');
  await processes.close();
  assert.deepEqual(carriers(marker), []);
});

test('a killed reaper is replaced', async () => {
  const marker = `reaper-${process.pid}`;
  const directory = mkdtempSync(path.join(tmpdir(), 'understudy-test-'));
  const processes = new RealProcesses({ marker, directory });
  processes.start(shell('exec sleep 1000'), { onOutput() {}, onExit() {}, onClosed() {} });
  const [killed = 0] = reapersOf(marker);
  process.kill(killed, 'SIGKILL');
  await until(() => reapersOf(marker).some((pid) => pid !== killed), 'a new reaper');
  await processes.close();
  assert.deepEqual(carriers(marker), []);
  assert.equal(existsSync(directory), false);
});

function reapersOf(marker: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.includes('understudy-reaper') && words.includes(`${SANDBOX_MARKER}=${marker}`);
      } catch {
        return false;
      }
    });
}

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(`when the owner dies of ${signal}, all its processes and its directory are gone`, async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'understudy-test-'));
    const owner = startOwner(directory);
    await until(() => carriers(directory).length === 4, 'the owner has started its processes');
    owner.kill(signal);
    await until(() => carriers(directory).length === 0 && !existsSync(directory), 'nothing left', 2_000);
  });
}

/** A process of its own that starts two containers: one plain, one with a child that leaves its group. */
function startOwner(directory: string): ChildProcess {
  const source = `
    import { RealProcesses } from ${JSON.stringify(path.join(import.meta.dirname, 'real-processes.ts'))};
    const processes = new RealProcesses({ marker: ${JSON.stringify(directory)}, directory: ${JSON.stringify(directory)} });
    for (const script of ['exec sleep 1000', 'setsid sleep 1000 & sleep 1000 & wait']) {
      processes.start(
        { argv: ['/bin/sh', '-c', script], environment: { PATH: process.env.PATH }, directory: '/', stdin: 'none' },
        { onOutput() {}, onExit() {}, onClosed() {} },
      );
    }`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

test('closing ends everything even when the reaper is killed in the same instant', async () => {
  const marker = `reaper-closing-${process.pid}`;
  const directory = mkdtempSync(path.join(tmpdir(), 'understudy-test-'));
  const processes = new RealProcesses({ marker, directory });
  processes.start(shell('setsid sleep 1000 & exit 0'), { onOutput() {}, onExit() {}, onClosed() {} });
  await until(() => carriers(marker).length === 1, 'only the descendant is left');
  for (const pid of reapersOf(marker)) process.kill(pid, 'SIGKILL');
  await processes.close();
  assert.deepEqual(carriers(marker), []);
  assert.equal(existsSync(directory), false);
});
