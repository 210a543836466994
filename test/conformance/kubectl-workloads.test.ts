import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Kubectl } from './kubectl.ts';
import { pod } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let kubectl: Kubectl;

const script = 'trap "exit 0" TERM; echo one; echo two; while :; do sleep 0.1; done';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'rolled' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'rolled' } },
    template: {
      metadata: { labels: { app: 'rolled' } },
      spec: pod('rolled', { script, graceSeconds: 1 }).spec,
    },
  },
};

before(async () => {
  target = await openTarget();
  ({ kubectl } = target);
  await kubectl.ok(
    ['create', '-f', '-'],
    JSON.stringify(pod('runner', { script, graceSeconds: 2, containers: ['main', 'beside'] })),
  );
  await kubectl.ok(['wait', '--for=condition=Ready', 'pod/runner', '--timeout=30s']);
});
after(() => target.close());

describe('kubectl exec', () => {
  const inMain = (...command: string[]) => ['exec', 'runner', '-c', 'main', '--', ...command];

  test('runs a command, and passes on what it says and its exit code', async () => {
    assert.equal(await kubectl.ok(inMain('echo', 'hello')), 'hello\n');
    const failed = await kubectl.run(inMain('sh', '-c', 'echo out; echo err >&2; exit 7'));
    assert.equal(failed.code, 7);
    assert.equal(failed.stdout, 'out\n');
    assert.equal(failed.stderr, 'err\ncommand terminated with exit code 7\n');
  });

  test('-i hands on what is typed, to its end', async () => {
    const text = 'line\n'.repeat(5000);
    assert.equal(await kubectl.ok(['exec', '-i', 'runner', '-c', 'main', '--', 'cat'], text), text);
  });

  test('-it on a terminal shows output and ends with the exit code', async () => {
    const { code, stdout } = await kubectl.runOnTerminal([
      'exec',
      '-it',
      'runner',
      '-c',
      'main',
      '--',
      'sh',
      '-c',
      'echo on a terminal; exit 3',
    ]);
    assert.match(stdout, /on a terminal/);
    assert.equal(code, 3);
  });

  test('without -c takes the first container and says so; a wrong one is refused', async () => {
    const { stdout, stderr } = await kubectl.run(['exec', 'runner', '--', 'echo', 'default']);
    assert.equal(stdout, 'default\n');
    assert.match(stderr, /Defaulted container "main" out of: main, beside/);
    assert.match(
      await kubectl.refused(['exec', 'runner', '-c', 'nobody', '--', 'true']),
      /container (not found|nobody is not valid for pod runner)/,
    );
    assert.match(await kubectl.refused(['exec', 'missing', '--', 'true']), /pods "missing" not found/);
  });

  test('of a file in /tmp reaches that container only', async () => {
    await kubectl.ok(inMain('touch', '/tmp/mark'));
    await kubectl.ok(inMain('cat', '/tmp/mark'));
    await kubectl.refused(['exec', 'runner', '-c', 'beside', '--', 'cat', '/tmp/mark']);
  });

  test('of many at once keeps them apart', async () => {
    const runs = Array.from({ length: 4 }, (_, index) =>
      kubectl.ok(inMain('sh', '-c', `echo ${index}; sleep 0.2; echo ${index}`)),
    );
    assert.deepEqual(await Promise.all(runs), ['0\n0\n', '1\n1\n', '2\n2\n', '3\n3\n']);
  });
});

describe('kubectl logs', () => {
  test('shows what a container has said, all of it or the end', async () => {
    assert.equal(await kubectl.ok(['logs', 'runner', '-c', 'main']), 'one\ntwo\n');
    assert.equal(await kubectl.ok(['logs', 'runner', '-c', 'main', '--tail=1']), 'two\n');
    assert.match(
      await kubectl.ok(['logs', 'runner', '-c', 'main', '--timestamps']),
      /^\d{4}-\d\d-\d\dT\S+Z one\n/,
    );
  });

  test('-f stays until the container ends', async () => {
    const speaker = pod('speaker', { script: 'echo first; sleep 1; echo last', graceSeconds: 1 });
    const once = { ...speaker, spec: { ...speaker.spec, restartPolicy: 'Never' } };
    await kubectl.ok(['create', '-f', '-'], JSON.stringify(once));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/speaker', '--timeout=30s']);
    assert.equal(await kubectl.ok(['logs', '-f', 'speaker']), 'first\nlast\n');
    await kubectl.ok(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/speaker', '--timeout=30s']);
    assert.match(await kubectl.ok(['get', 'pod', 'speaker']), /speaker +0\/1 +Completed/);
  });

  test('of what has not run says so', async () => {
    assert.match(
      await kubectl.refused(['logs', 'runner', '-c', 'main', '--previous']),
      /previous terminated container "main" in pod "runner" not found/,
    );
    assert.match(await kubectl.refused(['logs', 'missing']), /pods "missing" not found/);
  });
});

describe('kubectl rollout, delete and events', () => {
  test('rollout restart replaces the pods, and status waits for it', async () => {
    await kubectl.ok(['apply', '-f', '-'], JSON.stringify(deployment));
    assert.match(
      await kubectl.ok(['rollout', 'status', 'deployment/rolled', '--timeout=50s']),
      /successfully rolled out/,
    );
    const uids = ['get', 'pods', '-l', 'app=rolled', '-o', 'jsonpath={.items[*].metadata.uid}'];
    const before = (await kubectl.ok(uids)).split(' ');
    assert.match(await kubectl.ok(['rollout', 'restart', 'deployment/rolled']), /restarted/);
    assert.match(
      await kubectl.ok(['rollout', 'status', 'deployment/rolled', '--timeout=50s']),
      /successfully rolled out/,
    );
    const after = (await kubectl.ok([...uids, '--field-selector=status.phase=Running'])).split(' ');
    assert.equal(
      after.some((uid) => uid !== '' && !before.includes(uid)),
      true,
    );
    await kubectl.ok(['scale', 'deployment/rolled', '--replicas=0']);
  });

  test('delete of a running pod waits until it has ended', async () => {
    await kubectl.ok(['create', '-f', '-'], JSON.stringify(pod('ending', { script, graceSeconds: 5 })));
    await kubectl.ok(['wait', '--for=condition=Ready', 'pod/ending', '--timeout=30s']);
    assert.match(await kubectl.ok(['delete', 'pod', 'ending']), /pod "ending" deleted/);
    assert.match(await kubectl.refused(['get', 'pod', 'ending']), /not found/);
  });

  test('events tells what happened to a pod', async () => {
    assert.match(
      await kubectl.ok(['events', '--for', 'pod/runner']),
      /Normal +(Scheduled|Started|Pulled|Created) +Pod\/runner/,
    );
    assert.match(await kubectl.ok(['get', 'events']), /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/);
  });
});
