import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pause } from '../time/clock.ts';
import { realClock } from '../time/real-clock.ts';
import { listAt, numberAt, stringAt } from './api/json.ts';
import { resourceTypes } from './api/resource-types.ts';
import { conditionStatus } from './controllers/controller.ts';
import { SANDBOX_MARKER } from './node/reaper.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';

async function until(condition: () => boolean, what: string, withinMs = 20_000): Promise<void> {
  const deadline = realClock.now() + withinMs;
  while (!condition()) {
    assert.ok(realClock.now() < deadline, `${what}: not within ${withinMs} ms`);
    await pause(realClock, 10);
  }
}

/** The living processes of the sandbox with the given directory. */
function processesOf(directory: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '')[0];
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return state !== 'Z' && environment.includes(`${SANDBOX_MARKER}=${directory}`);
      } catch {
        return false;
      }
    });
}

const application = {
  metadata: { name: 'app', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          { name: 'server', image: 'mygoudpsrv:v1', command: ['/usr/bin/goudps'] },
          {
            name: 'shell',
            image: 'busybox',
            args: ['/bin/sh', '-c', 'touch /tmp/health; echo "health in $TMPDIR"; sleep 1000;'],
            readinessProbe: { exec: { command: ['cat', '/tmp/health'] }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

const service = {
  metadata: { name: 'app', namespace: 'default' },
  spec: {
    selector: { app: 'app' },
    ports: [{ port: 8_080 }, { name: 'told', port: 10_001, protocol: 'UDP' }].map((port) => ({
      name: 'answers',
      ...port,
    })),
  },
};

async function withSandbox(
  run: (sandbox: Sandbox) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  const sandbox = await startSandbox({ pleg: 'instant', ...options });
  try {
    await run(sandbox);
  } finally {
    await sandbox.close();
  }
  assert.deepEqual(processesOf(sandbox.stateDirectory), [], 'no process is left');
  assert.equal(existsSync(sandbox.stateDirectory), false, 'no file is left');
}

async function runApplication(sandbox: Sandbox): Promise<readonly string[]> {
  sandbox.store.create(resourceTypes.replicasets, application);
  sandbox.store.create(resourceTypes.services, service);
  const pods = () => sandbox.store.list(resourceTypes.pods, { namespace: 'default' });
  await until(
    () => pods().length === 2 && pods().every((pod) => conditionStatus(pod, 'Ready') === 'True'),
    'both pods are ready',
  );
  return pods().map(({ metadata }) => metadata.name);
}

/** The line that one new connection gets; empty when there is none. */
function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text.trim()));
  });
}

async function execute(sandbox: Sandbox, pod: string, container: string, ...command: string[]) {
  let output = '';
  const keep = (chunk: Uint8Array) => {
    output += Buffer.from(chunk).toString();
  };
  const code = await sandbox.pods.exec(
    { namespace: 'default', pod, container, command, stdin: false, tty: false },
    {
      stdout: keep,
      stderr: keep,
      onStdin: () => {},
      onResize: () => {},
      abandoned: new AbortController().signal,
    },
  );
  return { code, output };
}

async function logs(sandbox: Sandbox, pod: string, container: string, previous = false): Promise<string> {
  let output = '';
  await sandbox.pods.logs(
    {
      namespace: 'default',
      pod,
      container,
      previous,
      follow: false,
      timestamps: false,
      abandoned: new AbortController().signal,
    },
    (chunk) => {
      output += Buffer.from(chunk).toString();
    },
  );
  return output;
}

async function post(
  sandbox: Sandbox,
  fault: object,
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`${sandbox.url}/sandbox/faults`, {
    method: 'POST',
    body: JSON.stringify(fault),
  });
  return { status: response.status, body: await response.text() };
}

test('pods run as processes: the Service reaches them, each /tmp is its own, and logs and exec work', () =>
  withSandbox(async (sandbox) => {
    const [first = '', second = ''] = await runApplication(sandbox);
    const address =
      stringAt(sandbox.store.get(resourceTypes.services, 'default', 'app'), 'spec', 'clusterIP') ?? '';

    // Ready says nothing of the server's own port: the first connections may come too early.
    const answers = new Set<string>();
    const deadline = realClock.now() + 10_000;
    while (answers.size < 2 && realClock.now() < deadline) {
      const [pod = ''] = (await ask(address, 8_080)).split(' ');
      if (pod !== '') answers.add(pod);
    }
    assert.deepEqual([...answers].sort(), [first, second].sort());

    const client = createSocket('udp4');
    client.send('GoActiveDuringFailover', 10_001, address);
    let heard = '';
    while (!heard.includes('GoActiveDuringFailover') && realClock.now() < deadline) {
      await pause(realClock, 10);
      heard = (await logs(sandbox, first, 'server')) + (await logs(sandbox, second, 'server'));
    }
    client.close();
    assert.match(heard, /Received "GoActiveDuringFailover" from 127/);

    assert.deepEqual(await execute(sandbox, first, 'shell', 'sh', '-c', 'touch /tmp/mark; ls /tmp'), {
      code: 0,
      output: 'health\nmark\n',
    });
    assert.deepEqual(await execute(sandbox, first, 'server', 'ls', '/tmp'), { code: 0, output: '' });
    assert.deepEqual(await execute(sandbox, second, 'shell', 'ls', '/tmp'), { code: 0, output: 'health\n' });
    assert.equal((await execute(sandbox, first, 'shell', 'sh', '-c', 'exit 7')).code, 7);
    const missing = await execute(sandbox, first, 'shell', 'no-such-program');
    assert.equal(missing.code, 127);
    assert.match(missing.output, /executable file not found in \$PATH/);
  }));

test('a crash restarts the container with a fresh /tmp, and the log of its previous life can still be read', () =>
  withSandbox(async (sandbox) => {
    const [pod = ''] = await runApplication(sandbox);
    await execute(sandbox, pod, 'shell', 'touch', '/tmp/mark');
    const before = await logs(sandbox, pod, 'shell');
    const answer = await post(sandbox, { kind: 'crash', pod, container: 'shell', signal: 'SIGSEGV' });
    assert.deepEqual([answer.status, /sent SIGSEGV to process \d+/.test(answer.body)], [200, true]);
    const status = () =>
      listAt(sandbox.store.get(resourceTypes.pods, 'default', pod), 'status', 'containerStatuses').find(
        (each) => stringAt(each, 'name') === 'shell',
      );
    await until(() => numberAt(status(), 'restartCount') === 1, 'restarted');
    assert.equal(numberAt(status(), 'lastState', 'terminated', 'exitCode'), 139);
    assert.equal(await logs(sandbox, pod, 'shell', true), before);
    await until(() => sandbox.processOf('default', pod, 'shell') !== undefined, 'running');
    const files = await execute(sandbox, pod, 'shell', 'ls', '/tmp');
    assert.ok(!files.output.includes('mark'), files.output);
  }));

test('a fault that is not one is refused with a sentence', () =>
  withSandbox(async (sandbox) => {
    const refusals = [
      {},
      { kind: 'earthquake' },
      { kind: 'partition', node: 'node9' },
      { kind: 'crash', pod: 'nobody' },
    ];
    for (const fault of refusals) assert.equal((await post(sandbox, fault)).status, 400);
    assert.match(
      (await post(sandbox, { kind: 'partition', node: 'node9' })).body,
      /no node .*there are node1, node2/,
    );
  }));

test('the API stopped for a while is gone for kubelets and controllers too, and comes back', () =>
  withSandbox(async (sandbox) => {
    const [pod = ''] = await runApplication(sandbox);
    assert.equal((await post(sandbox, { kind: 'stopApi', durationMs: 400 })).status, 200);
    await until(() => !sandbox.cluster.kubelets[0]?.link.connected, 'cut');
    await assert.rejects(fetch(`${sandbox.url}/version`));
    sandbox.faults.crash({ pod, container: 'shell' });
    await until(() => sandbox.cluster.kubelets[0]?.link.connected === true, 'back');
    const restarts = () =>
      listAt(sandbox.store.get(resourceTypes.pods, 'default', pod), 'status', 'containerStatuses').map(
        (each) => numberAt(each, 'restartCount'),
      );
    await until(() => restarts().includes(1), 'the restart is told');
    const deadline = realClock.now() + 10_000;
    for (;;) {
      const answer = await fetch(`${sandbox.url}/version`).catch(() => undefined);
      if (answer?.ok) break;
      assert.ok(realClock.now() < deadline, 'the API answers again');
    }
  }));

test('two sandboxes run side by side with addresses of their own', () =>
  withSandbox((first) =>
    withSandbox(async (second) => {
      const nodeOf = (sandbox: Sandbox) => sandbox.cluster.kubelets[0]?.node.ip;
      assert.notEqual(nodeOf(first), nodeOf(second));
      assert.notEqual(first.url, second.url);
    }),
  ));

test('manifests with a fault change nothing; without one they run', () =>
  withSandbox(async (sandbox) => {
    const good = path.join(sandbox.stateDirectory, 'good.yaml');
    const bad = path.join(sandbox.stateDirectory, 'bad.yaml');
    writeFileSync(good, JSON.stringify({ apiVersion: 'apps/v1', kind: 'ReplicaSet', ...application }));
    writeFileSync(bad, 'apiVersion: v1\nkind: Servise\nmetadata:\n  name: x\n');
    await assert.rejects(sandbox.apply([good, bad]), /bad\.yaml:\d+: .*Servise/);
    assert.deepEqual(sandbox.store.list(resourceTypes.replicasets), []);
    await sandbox.apply([good]);
    assert.equal(sandbox.store.list(resourceTypes.replicasets).length, 1);
  }));

test('a port that is taken fails the start, and nothing of it is left', async () => {
  const squatter = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  const address = squatter.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'understudy-test-'));
  await assert.rejects(startSandbox({ port, stateDirectory }), { code: 'EADDRINUSE' });
  assert.deepEqual(readdirSync(stateDirectory), []);
  squatter.close();
  rmSync(stateDirectory, { recursive: true });
});

for (const end of ['SIGKILL', 'SIGINT', 'exception'] as const) {
  test(`a sandbox that ends by ${end} takes its pods and its files along`, async () => {
    const stateDirectory = mkdtempSync(path.join(tmpdir(), 'understudy-test-'));
    const owner = startOwner(stateDirectory);
    const own = () =>
      readdirSync(stateDirectory).map((name) => path.join(stateDirectory, name))[0] ?? 'none yet';
    // Per pod: the server, the shell and its sleep.
    await until(() => processesOf(own()).length >= 6, 'its pods run');
    const directory = own();
    if (end === 'exception') owner.stdin?.write('fail\n');
    else owner.kill(end);
    await until(() => processesOf(directory).length === 0 && !existsSync(directory), 'nothing left', 2_000);
    rmSync(stateDirectory, { recursive: true });
  });
}

/** A program of its own that runs the application in a sandbox and fails when it is told to. */
function startOwner(stateDirectory: string): ChildProcess {
  const source = `
    import { startSandbox } from ${JSON.stringify(path.join(import.meta.dirname, 'sandbox.ts'))};
    import { resourceTypes } from ${JSON.stringify(path.join(import.meta.dirname, 'api/resource-types.ts'))};
    const sandbox = await startSandbox({ stateDirectory: ${JSON.stringify(stateDirectory)} });
    sandbox.store.create(resourceTypes.replicasets, ${JSON.stringify(application)});
    process.stdin.once('data', () => { throw new Error('half-way'); });`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}
