import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, afterEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildBinaries } from './binaries.ts';
import { openCluster, removeCluster } from './cluster.ts';
import { componentNames, processOfComponent } from './component.ts';
import { stopComponent } from './faults.ts';
import { runningMachines } from './machine.ts';
import { standing } from './owner.ts';
import { stateDirectory } from './paths.ts';
import { findProcesses } from './process-table.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { bridgeRange, interfaces } from './topology.ts';

await buildBinaries({ progress: { waiting: () => undefined } });

/** Refuses to begin where somebody else's cluster would be in the way, and would be taken away. */
assert.equal(standing().kind, 'none', 'a cluster is there: npm run cluster -- down');

/** A start of the cluster in a process of its own. */
class Start {
  readonly #child = spawn(process.execPath, [fileURLToPath(new URL('start-process.ts', import.meta.url))]);
  readonly #closed = once(this.#child, 'close');
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  #complaint = '';

  constructor() {
    this.#child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      this.#complaint += piece;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves at the first line that begins so. */
  async reaches(step: string): Promise<void> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (value?.startsWith(step)) return;
      assert.notEqual(done, true, `it ended before "${step}": ${this.#complaint}`);
    }
  }

  async endBy(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode;
  }

  async complaint(): Promise<string> {
    await this.#closed;
    return this.#complaint;
  }
}

/** Everything that a cluster puts on the machine, by name; what was there before does not count. */
async function traces(): Promise<readonly string[]> {
  const { stdout: links } = await tryCommand(['ip', '-brief', 'link']);
  return [
    ...findProcesses((words) => words.some((word) => word.includes(stateDirectory))).map(({ words }) =>
      words.join(' '),
    ),
    ...runningMachines().map(({ name }) => `machine ${name}`),
    ...links.split('\n').filter((line) => line.startsWith(interfaces.host)),
    ...readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes('understudy-cluster')),
    ...(await runCommand(['ip', 'route'])).split('\n').filter((line) => line.includes(bridgeRange.network)),
    ...globSync('/sys/fs/cgroup/{,*/}understudy-cluster*'),
    ...(existsSync(stateDirectory) ? [stateDirectory] : []),
  ];
}

describe('the life of a cluster', () => {
  afterEach(removeCluster);
  after(removeCluster);

  for (const step of ['booting', 'starting etcd', 'starting controllers']) {
    test(`killed at the step "${step}", it is taken away whole`, async () => {
      const child = new Start();
      await child.reaches(step);
      await child.endBy('SIGKILL');
      assert.equal(standing().kind, 'left over');
      await removeCluster();
      assert.deepEqual(await traces(), []);
    });
  }

  test('interrupted by Ctrl-C while it starts, it leaves nothing behind by itself', async () => {
    const child = new Start();
    await child.reaches('starting etcd');
    assert.equal(await child.endBy('SIGINT'), 1);
    assert.deepEqual(await traces(), []);
  });

  test('what is left of an earlier one, hanging components too, is taken away by the next start', async () => {
    const dead = new Start();
    await dead.reaches('up');
    const before = processOfComponent('etcd');
    stopComponent('kubelet-node2');
    await dead.endBy('SIGKILL');
    const next = new Start();
    await next.reaches('up');
    assert.notEqual(processOfComponent('etcd'), before);
    assert.deepEqual(
      componentNames().filter((name) => processOfComponent(name) === undefined),
      [],
    );
    await next.endBy('SIGKILL');
    await removeCluster();
    assert.deepEqual(await traces(), []);
  });

  test('a second one is refused, and told who has the place', async () => {
    const first = new Start();
    await first.reaches('booting');
    const complaint = await new Start().complaint();
    assert.match(
      complaint,
      new RegExp(`^a test run \\(pid ${first.pid}\\) in .* has the cluster since .*\\n$`),
    );
    await first.reaches('up');
    assert.match(await openCluster().runKubectl(['get', 'nodes']), /node1 +Ready[\s\S]*node2 +Ready/);
    await first.endBy('SIGKILL');
  });

  test("a host that uses the bridge's addresses is told which of its routes is in the way", async () => {
    await runCommand(['ip', 'link', 'add', 'understudytest', 'type', 'bridge']);
    try {
      await runCommand(['ip', 'address', 'add', '10.213.88.77/28', 'dev', 'understudytest']);
      await runCommand(['ip', 'link', 'set', 'understudytest', 'up']);
      const complaint = await new Start().complaint();
      assert.match(
        complaint,
        /^10\.213\.88\.0\/24 is taken: the host has a route to \S+ on understudytest\n$/,
      );
    } finally {
      await runCommand(['ip', 'link', 'delete', 'understudytest']);
    }
    assert.deepEqual(await traces(), []);
  });

  test('whoever is not root is told so in one line', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const words = ['setpriv', '--reuid=65534', '--clear-groups', process.execPath, main, 'up'];
    const { code, stdout, stderr } = await tryCommand(words, {
      env: { ...process.env, HOME: '/nonexistent' },
    });
    assert.equal(code, 1);
    assert.equal(
      `${stdout}${stderr}`,
      'cluster: the cluster needs root: for namespaces, mounts and routes\n',
    );
  });
});
