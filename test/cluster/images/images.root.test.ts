/**
 * Holds the images of the test bed, and with them deploy/Dockerfile, to what they promise. Needs root, and no cluster:
 * each image is laid out in a folder, and run there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import { cacheDirectory } from '../paths.ts';
import { runCommand } from '../run-command.ts';
import { buildImages, type ImageArchive } from './build-images.ts';
import { type NamedImage, readDockerArchive } from './docker-archive.ts';
import { projectDirectory } from './fingerprint.ts';

/** deploy/Dockerfile's image, unpacked, with Node. */
const bytesMax = 180e6;
const mebibyte = 1024 ** 2;
/** Far above what a first build takes on two busy cores. */
const buildWithinMs = 10 * 60_000;
const withinMs = 20_000;

const { version } = JSON.parse(readFileSync(path.join(projectDirectory, 'package.json'), 'utf8')) as {
  version: string;
};

let folder = '';
let archives: readonly ImageArchive[] = [];
const images = new Map<string, NamedImage>();

function image(name: string): NamedImage {
  const found = images.get(`docker.io/library/${name}`);
  assert.ok(found, `there is no ${name}`);
  return found;
}

/** The image's files in a folder of their own, as a container sees them. */
async function layOut(name: string): Promise<string> {
  const root = path.join(folder, name.replace(':', '-'));
  if (existsSync(root)) return root;
  mkdirSync(root);
  for (const { file } of image(name).layers) await runCommand(['tar', '-C', root, '-xpf', file]);
  // A container's runtime mounts it, and Node looks there.
  mkdirSync(path.join(root, 'proc'), { recursive: true });
  return root;
}

/** Runs as process 1 of a namespace of its own, as in a container: a signal that it does not handle does not end it. */
class Container {
  readonly #unshare: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  output = '';

  constructor(
    root: string,
    command: readonly string[],
    flags: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ) {
    const namespaces = ['--pid', '--mount', '--fork', '--kill-child', `--root=${root}`, '--mount-proc=/proc'];
    this.#unshare = spawn('unshare', [...namespaces, ...flags, '--', ...command], { env, stdio: 'pipe' });
    for (const stream of [this.#unshare.stdout, this.#unshare.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    this.#exit = once(this.#unshare, 'close');
  }

  /** An exit code, or the name of a signal. */
  async ended(): Promise<unknown> {
    const late = AbortSignal.timeout(withinMs);
    late.addEventListener('abort', () => this.kill());
    const [code, signal] = await this.#exit;
    assert.equal(late.aborted, false, `not ended within ${withinMs} ms: ${this.output}`);
    return signal ?? code;
  }

  async says(text: string): Promise<void> {
    await until(`"${text}" in its output`, () => (this.output.includes(text) ? true : undefined));
  }

  /** Not enough for Node, which has handlers of its own until the program has said what it wants. */
  async handles(signal: NodeJS.Signals): Promise<void> {
    const bit = 1n << BigInt(constants.signals[signal] - 1);
    await until(`a handler for ${signal}`, () => {
      const caught = /^SigCgt:\s+([0-9a-f]+)$/m.exec(read(`/proc/${this.#pid}/status`))?.[1] ?? '0';
      return (BigInt(`0x${caught}`) & bit) === 0n ? undefined : true;
    });
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.#pid, signal);
  }

  /** Of its first process, as the machine counts. */
  get #pid(): number {
    return Number.parseInt(read(`/proc/${this.#unshare.pid}/task/${this.#unshare.pid}/children`), 10);
  }

  kill(): void {
    this.#unshare.kill('SIGKILL');
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    assert.ok(performance.now() < deadline, `not within ${withinMs} ms: ${what}`);
    await pause(5);
  }
}

async function run(name: string, command?: readonly string[]): Promise<Container> {
  const { entrypoint, command: rest } = image(name).config;
  return new Container(await layOut(name), command ?? [...entrypoint, ...rest], ['--net'], {
    PATH: '/usr/bin:/bin',
  });
}

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'understudy-images-test-'));
  archives = await buildImages({ cacheDirectory: path.join(cacheDirectory, 'images') });
  for (const [index, archive] of archives.entries())
    for (const one of await readDockerArchive(archive.file, path.join(folder, String(index))))
      for (const name of one.names) images.set(name, one);
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the images of the test bed', { timeout: buildWithinMs }, () => {
  test('every image that the manifests name is there, by its full name', () => {
    const short = [
      'busybox:1.36',
      'busybox:latest',
      'icr:v1',
      'lchook:v1',
      'mygoudpsrv:v1',
      'nginx:latest',
      'pause:1',
    ];
    const expected = [...short, `understudy:${version}`, 'understudy:dev'].map(
      (name) => `docker.io/library/${name}`,
    );
    assert.deepEqual(archives.flatMap(({ names }) => names).toSorted(), expected);
    assert.deepEqual([...images.keys()].toSorted(), expected);
  });

  test('a second call builds nothing', async () => {
    const lines: string[] = [];
    const before = archives.map(({ file }) => statSync(file).mtimeMs);
    const again = await buildImages({
      cacheDirectory: path.join(cacheDirectory, 'images'),
      onProgress: (line) => lines.push(line),
    });
    assert.deepEqual(again, archives);
    assert.deepEqual(
      again.map(({ file }) => statSync(file).mtimeMs),
      before,
    );
    assert.deepEqual(lines, []);
  });

  for (const [name, signal, firstWords] of [
    ['pause:1', 'SIGTERM', undefined],
    ['nginx:latest', 'SIGTERM', undefined],
    ['nginx:latest', 'SIGQUIT', undefined],
    ['mygoudpsrv:v1', 'SIGTERM', 'Answering'],
    ['lchook:v1', 'SIGTERM', 'Looking for'],
  ] as const) {
    test(`${name} runs without a command, and ends well on ${signal}`, async () => {
      const container = await run(name);
      await (firstWords === undefined ? container.handles(signal) : container.says(firstWords));
      container.signal(signal);
      assert.equal(await container.ended(), 0, container.output);
    });
  }

  test('lchook:v1 crashes by a segmentation fault once somebody types `touch /tmp/killme` in it', async () => {
    const container = await run('lchook:v1');
    await container.says('Looking for');
    const touch = await run('lchook:v1', ['touch', '/tmp/killme']);
    assert.equal(await touch.ended(), 0, touch.output);
    assert.equal(await container.ended(), 'SIGSEGV', container.output);
  });

  test('busybox has a shell, the usual applets, and a /tmp for everybody', async () => {
    const script = 'touch /tmp/health && cat /tmp/health && stat -c %a /tmp && which wget nc nslookup';
    const container = await run('busybox:latest', ['/bin/sh', '-c', script]);
    assert.equal(await container.ended(), 0, container.output);
    assert.match(container.output, /^1777\n/);
  });
});

describe('the image of deploy/Dockerfile', { timeout: buildWithinMs }, () => {
  test('is small: Node, its libraries, and one file', async (context) => {
    const root = await layOut('understudy:dev');
    const [bytes = ''] = (await runCommand(['du', '-sb', root])).split('\t');
    context.diagnostic(`${(Number(bytes) / mebibyte).toFixed(1)} MiB`);
    assert.ok(Number(bytes) <= bytesMax);
    const programs = readdirSync(path.join(root, 'usr/bin'));
    assert.deepEqual(programs.toSorted(), ['icr', 'node', 'understudy']);
    for (const shell of ['bin/sh', 'usr/bin/sh', 'bin/busybox'])
      assert.equal(existsSync(path.join(root, shell)), false);
  });

  test('runs as a user that is not root, which the kubelet can tell by its number', () => {
    assert.match(image('understudy:dev').config.user, /^[1-9][0-9]*:[1-9][0-9]*$/);
    assert.deepEqual(image('icr:v1').config, image('understudy:dev').config);
  });

  for (const command of [
    ['/usr/bin/understudy', 'controller', '--adopt', 'app=hapod'],
    ['/usr/bin/icr'],
  ] as const) {
    test(`${command[0]} becomes Ready as that user, and ends well on SIGTERM`, async (context) => {
      const root = await layOut('understudy:dev');
      const sandbox = await startSandbox();
      const [user = '', group = ''] = image('understudy:dev').config.user.split(':');
      copyFileSync(sandbox.kubeconfigPath, path.join(root, 'kubeconfig'));
      chmodSync(path.join(root, 'kubeconfig'), 0o644);
      const env = {
        KUBECONFIG: '/kubeconfig',
        POD_NAME: 'controller',
        POD_NAMESPACE: 'default',
        POD_IP: '127.0.77.1',
      };
      const startedAt = performance.now();
      const container = new Container(root, command, [`--setuid=${user}`, `--setgid=${group}`], env);
      try {
        await until(`readiness; ${container.output}`, async () => {
          const answer = await fetch('http://127.0.77.1:9464/readyz').catch(() => undefined);
          return answer?.ok ? true : undefined;
        });
        context.diagnostic(`Ready after ${Math.round(performance.now() - startedAt)} ms`);
        container.signal('SIGTERM');
        assert.equal(await container.ended(), 0, container.output);
      } finally {
        container.kill();
        await sandbox.close();
      }
    });
  }
});
