import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeIsNewEnough } from '../scripts/node24.mjs';

const scripts = fileURLToPath(new URL('../scripts', import.meta.url));
/** Far above what any step takes; only a hung one meets it. */
const timeout = 30_000;

/** Stands in for npm: does what `npm ci` leaves behind, or fails, or never ends. */
const fakeNpm = `#!${process.execPath}
const fs = require('node:fs');
fs.appendFileSync(process.env.NPM_LOG, process.argv[2] + '\\n');
const finish = () => {
  fs.mkdirSync('node_modules', { recursive: true });
  fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
};
const waitFor = (file) => (fs.existsSync(file) ? finish() : setTimeout(waitFor, 10, file));
if (process.env.NPM_FAILS) {
  console.error('npm error code ENOTFOUND\\nnpm error network request failed');
  process.exit(1);
}
waitFor(process.env.NPM_WAITS_FOR ?? '.');
`;

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** A checkout of its own with the bootstrap's scripts, nothing installed, and an npm that needs no network. */
class Checkout {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'bootstrap-'));

  constructor() {
    cpSync(scripts, this.file('scripts'), { recursive: true, filter: (name) => !name.endsWith('.ts') });
    for (const name of ['toolchain', 'bin']) mkdirSync(this.file(name));
    for (const name of ['package-lock.json', 'toolchain/package-lock.json'])
      this.write(name, lockFile('1.0.0'));
    writeFileSync(this.file('bin/npm'), fakeNpm, { mode: 0o755 });
    this.write('npm.log', '');
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text);
  }

  installations(): number {
    return readFileSync(this.file('npm.log'), 'utf8').split('\n').filter(Boolean).length;
  }

  isLocked(): boolean {
    return existsSync(this.file('toolchain/.install-lock'));
  }

  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
    const own = {
      PATH: `${this.file('bin')}${path.delimiter}${process.env.PATH}`,
      NPM_LOG: this.file('npm.log'),
    };
    return spawn(process.execPath, [this.file('scripts/bootstrap.mjs'), ...args], {
      env: { ...own, ...env },
    });
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
    return ended(this.start(args, env));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function lockFile(version: string): string {
  const packages = { '': {}, 'node_modules/a': { version, integrity: `sha512-${version}` } };
  return JSON.stringify({ lockfileVersion: 3, packages });
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<Run> {
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const [code, signal] = await once(child, 'close');
  return { code, signal, output, errors };
}

async function says(
  child: ChildProcessWithoutNullStreams,
  stream: 'stdout' | 'stderr',
  words: string,
): Promise<void> {
  let text = '';
  for await (const [chunk] of onData(child, stream)) {
    text += chunk;
    if (text.includes(words)) return;
  }
  assert.fail(`ended without saying "${words}": ${text}`);
}

async function* onData(child: ChildProcessWithoutNullStreams, stream: 'stdout' | 'stderr') {
  const end = once(child, 'close').then(() => undefined);
  for (;;) {
    const chunk = await Promise.race([once(child[stream], 'data'), end]);
    if (chunk === undefined) return;
    yield chunk;
  }
}

test('packages are installed on the first run and not on the second', { timeout }, async () => {
  using checkout = new Checkout();
  const first = await checkout.run(['-p', '"hello"']);
  assert.deepEqual([first.code, first.output], [0, 'hello\n']);
  const second = await checkout.run(['-p', '"hello"']);
  assert.deepEqual([second.code, second.output, second.errors], [0, 'hello\n', '']);
  assert.equal(checkout.installations(), 1);
});

test('a changed lock file is installed', { timeout }, async () => {
  using checkout = new Checkout();
  await checkout.run(['-p', '1']);
  checkout.write('package-lock.json', lockFile('1.0.1'));
  await checkout.run(['-p', '1']);
  assert.equal(checkout.installations(), 2);
});

test('an installation that was cut off is done again', { timeout }, async () => {
  using checkout = new Checkout();
  checkout.write('node_modules/a/package.json', '{}');
  assert.equal((await checkout.run(['-p', '1'])).code, 0);
  assert.equal(checkout.installations(), 1);
});

test('two at once install once, and both go on', { timeout }, async () => {
  using checkout = new Checkout();
  const env = { NPM_WAITS_FOR: checkout.file('go-on') };
  const first = checkout.start(['-p', '1'], env);
  const firstEnd = ended(first);
  await says(first, 'stderr', 'installing packages');
  const second = checkout.start(['-p', '2'], env);
  const secondEnd = ended(second);
  await says(second, 'stderr', 'waiting for another installation');
  checkout.write('go-on', '');
  assert.deepEqual([(await firstEnd).output, (await secondEnd).output], ['1\n', '2\n']);
  assert.equal(checkout.installations(), 1);
  assert.equal(checkout.isLocked(), false);
});

test('a lock whose holder has died is taken over', { timeout }, async () => {
  using checkout = new Checkout();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  checkout.write('toolchain/.install-lock', JSON.stringify([{ pid, startedAt: '1' }]));
  assert.equal((await checkout.run(['-p', '1'])).code, 0);
  assert.equal(checkout.isLocked(), false);
});

test('a lock whose process number belongs to another process by now is taken over', { timeout }, async () => {
  using checkout = new Checkout();
  checkout.write('toolchain/.install-lock', JSON.stringify([{ pid: process.pid, startedAt: '1' }]));
  assert.equal((await checkout.run(['-p', '1'])).code, 0);
});

test('an npm that fails is one line and a failure', { timeout }, async () => {
  using checkout = new Checkout();
  const { code, output, errors } = await checkout.run(['-p', '1'], { NPM_FAILS: '1' });
  assert.deepEqual([code, output], [1, '']);
  assert.deepEqual(errors.split('\n').slice(1), [
    'understudy: cannot install packages: npm ci failed: network request failed',
    '',
  ]);
  assert.equal(checkout.isLocked(), false);
});

test('a signal ends an installation without leaving its lock', { timeout }, async () => {
  using checkout = new Checkout();
  const child = checkout.start(['-p', '1'], { NPM_WAITS_FOR: checkout.file('never') });
  const end = ended(child);
  await says(child, 'stderr', 'installing packages');
  child.kill('SIGTERM');
  assert.equal((await end).signal, 'SIGTERM');
  assert.equal(checkout.isLocked(), false);
});

test('the program runs with our arguments and input, and ends us as it ends', { timeout }, async () => {
  using checkout = new Checkout();
  const program = 'process.stdin.on("data", (d) => { console.log(process.argv[1] + d); process.exit(7); })';
  const child = checkout.start(['-e', program, 'a b']);
  child.stdin.write('c');
  const { code, output } = await ended(child);
  assert.deepEqual([code, output], [7, 'a bc\n']);
  assert.equal((await checkout.run(['-e', 'process.kill(process.pid, "SIGKILL")'])).signal, 'SIGKILL');
});

test('where a child runs the program, it gets a signal once and its end is ours', { timeout }, async () => {
  using checkout = new Checkout();
  // Another path than our own makes the program a child, as it is under an old Node.
  symlinkSync(process.execPath, checkout.file('bin/other-node'));
  const counter = `let n = 0; process.on('SIGINT', () => { if (++n === 1) setTimeout(() => process.exit(40 + n), 50); });
    setInterval(() => {}, 1000); console.log('ready');`;
  const parent = `import { runInPlace } from ${JSON.stringify(path.join(scripts, 'child-process.mjs'))};
    await runInPlace(${JSON.stringify(checkout.file('bin/other-node'))}, ['-e', ${JSON.stringify(counter)}]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', parent]);
  const end = ended(child);
  await says(child, 'stdout', 'ready');
  child.kill('SIGINT');
  assert.equal((await end).code, 41);
});

test('Node 24 and newer are new enough', () => {
  assert.deepEqual(['20.20.2', '23.11.0', '24.0.0', '26.1.0'].map(nodeIsNewEnough), [
    false,
    false,
    true,
    true,
  ]);
});
