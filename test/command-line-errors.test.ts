/**
 * Types what cannot work at the command line: each is answered by one clear line for each problem, and an exit code.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

let folder = '';

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

async function understudy(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, POD_NAME: 'controller', ...environment },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += String(text);
  });
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, said: said.trimEnd() };
}

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

function kubeconfig(user: string): string {
  return write(
    'kubeconfig',
    `apiVersion: v1
kind: Config
current-context: here
clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: me, user: ${user}}]
contexts: [{name: here, context: {cluster: here, user: me}}]
`,
  );
}

describe('what cannot work is told in one clear line, and an exit code', () => {
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'understudy-errors-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('manifests that are wrong: file, line and what was expected, of all of them, and nothing is started', async () => {
    const syntax = write('syntax.yaml', 'apiVersion: v1\nkind: Pod\nmetadata: [\n');
    const kind = write('kind.yaml', 'apiVersion: v1\nkind: Podd\nmetadata:\n  name: x\n');
    const field = write(
      'field.yaml',
      'apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: x\nspec:\n  replicas: two\n',
    );
    const { code, said } = await understudy(['sandbox', '--apply', syntax, kind, field]);
    assert.equal(code, 1);
    assert.match(said, new RegExp(`${syntax}:\\d: YAML was expected`));
    assert.match(said, new RegExp(`${kind}:2: no kind "Podd"`));
    assert.match(said, new RegExp(`${field}:6: spec.replicas: a whole number was expected`));
    assert.deepEqual(readdirSync(folder).toSorted(), ['field.yaml', 'kind.yaml', 'syntax.yaml']);
  });

  test('a port that is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, said } = await understudy(['sandbox', '--port', String(port)]);
    holder.close();
    assert.deepEqual(
      { code, said },
      {
        code: 1,
        said: `understudy: port ${port} of 127.0.0.1 is taken: give another with --port, or 0 for a free one`,
      },
    );
  });

  test('no kubeconfig', async () => {
    const fault = await understudy(['sandbox', 'fault', 'drop-watches']);
    assert.deepEqual([fault.code, fault.said.split('\n').length], [2, 1]);
    assert.match(fault.said, /^understudy: no kubeconfig: set KUBECONFIG/);
    const controller = await understudy(['controller', '--adopt', 'app=hapod']);
    assert.deepEqual([controller.code, controller.said.split('\n').length], [1, 1]);
    assert.match(controller.said, /kubeconfig/i);
  });

  test('a kubeconfig that is not there', async () => {
    const { code, said } = await understudy(['controller', '--adopt', 'app=hapod'], {
      KUBECONFIG: '/nowhere/config',
    });
    assert.deepEqual(
      { code, said },
      { code: 1, said: 'understudy: kubeconfig: /nowhere/config does not exist' },
    );
  });

  test('a token that cannot be read', async () => {
    const { code, said } = await understudy(['controller', '--adopt', 'app=hapod'], {
      KUBECONFIG: kubeconfig('{tokenFile: /nowhere/token}'),
    });
    assert.equal(code, 1);
    assert.match(said, /^understudy: .*kubeconfig: users\[me\]\.tokenFile: \/nowhere\/token does not exist$/);
  });

  test('a sandbox that does not run', async () => {
    const { code, said } = await understudy(['sandbox', 'fault', 'drop-watches'], {
      KUBECONFIG: kubeconfig('{}'),
    });
    assert.deepEqual(
      { code, said },
      {
        code: 1,
        said: 'understudy: nothing answers at http://127.0.0.1:1: is the sandbox running?',
      },
    );
  });

  test('a machine that is no Linux', async () => {
    const otherMachine = "data:text/javascript,Object.defineProperty(process,'platform',{value:'plan9'})";
    const { code, said } = await understudy(['sandbox'], { NODE_OPTIONS: `--import=${otherMachine}` });
    assert.equal(code, 1);
    assert.match(said, /^understudy: the sandbox needs Linux, .*; this is plan9$/);
  });

  test('output that nobody reads any more is no error', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += String(text);
    });
    const [code] = await once(child, 'close');
    assert.deepEqual({ code, said }, { code: 0, said: '' });
  });

  test('a results file that cannot be written is found out before the first scene', async () => {
    const { code, said } = await understudy(['demo', '--once', '--json', '/nowhere/results.json']);
    assert.equal(code, 2);
    assert.match(said, /^understudy: --json: \/nowhere\/results\.json cannot be written: /);
    const onFolder = await understudy(['demo', '--once', '--json', folder]);
    assert.deepEqual(onFolder, {
      code: 2,
      said: `understudy: --json: ${folder} cannot be written: it is a folder`,
    });
  });

  test('flags that make no sense', async () => {
    const cases: readonly (readonly string[])[] = [
      ['sandbox', '--port', '99999'],
      ['sandbox', '--nodes', '0'],
      ['sandbox', '--pleg', 'maybe'],
      ['sandbox', 'fault', 'nonsense'],
      ['sandbox', 'fault', 'stop-api', 'soon'],
      ['sandbox', 'fault', 'stop-api', '0'],
      ['sandbox', 'fault', 'slow-answers', '-4'],
      ['sandbox', 'fault', 'delay-watches', 'abc'],
      ['sandbox', 'fault', 'fail-writes'],
      ['controller', '--adopt', 'nonsense'],
      ['nonsense'],
    ];
    const ends = await Promise.all(cases.map((args) => understudy(args)));
    assert.deepEqual(
      ends.map(({ code }) => code),
      cases.map(() => 2),
    );
    for (const { said } of ends) assert.notEqual(said, '');
  });
});

test('the version is the one of package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const said = execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
  assert.equal(said, `${version}\n`);
});
