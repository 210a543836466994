import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from '../api/resource-types.ts';
import { decodeObject } from '../api/stored-object.ts';
import {
  ContainerConfigError,
  containerArgv,
  containerEnvironment,
  execArgv,
  expand,
} from './container-environment.ts';
import { withOwnTemporaryDirectory } from './container-paths.ts';
import { decodePod, type Pod } from './decode-pod.ts';
import { canonicalName, createImages, findImage } from './images.ts';

const rewritten = [
  ['/tmp', '/own'],
  ['/tmp/killme', '/own/killme'],
  ['touch /tmp/health; sleep 1', 'touch /own/health; sleep 1'],
  ['echo x >/tmp/a 2>/tmp/b', 'echo x >/own/a 2>/own/b'],
  ['--file=/tmp/x', '--file=/own/x'],
  ['"/tmp/a b"', '"/own/a b"'],
  ["'/tmp'", "'/own'"],
  ['$(cat /tmp/x)', '$(cat /own/x)'],
  ['a:/tmp/b:/tmp', 'a:/own/b:/own'],
  ['-d@/tmp/x', '-d@/own/x'],
  ['/var/tmp/x', '/var/tmp/x'],
  ['./tmp/x', './tmp/x'],
  ['$HOME/tmp', '$HOME/tmp'],
  ['/tmpfoo', '/tmpfoo'],
  ['/tmp.d/x', '/tmp.d/x'],
  ['/tmp-x', '/tmp-x'],
  ['http://host/tmp', 'http://host/tmp'],
] as const;

for (const [text, expected] of rewritten) {
  test(`/tmp in ${JSON.stringify(text)} becomes ${JSON.stringify(expected)}`, () => {
    assert.equal(withOwnTemporaryDirectory(text, '/own'), expected);
  });
}

test('a directory with a dollar sign is taken as it is', () => {
  assert.equal(withOwnTemporaryDirectory('/tmp/x', '/a$&b'), '/a$&b/x');
});

const expansions = [
  ['$(A)', 'one'],
  ['$(A)-$(B)', 'one-two'],
  ['$$(A)', '$(A)'],
  ['$(C)', '$(C)'],
  ['$A $', '$A $'],
  ['$(A', '$(A'],
] as const;

for (const [text, expected] of expansions) {
  test(`${text} expands to ${expected}`, () => assert.equal(expand(text, { A: 'one', B: 'two' }), expected));
}

function podWith(container: object): Pod {
  const metadata = {
    name: 'p',
    namespace: 'n',
    uid: 'u',
    labels: { app: 'a' },
    annotations: { 'x.y/z': 'note' },
  };
  const spec = { nodeName: 'node1', containers: [{ name: 'c', image: 'busybox', ...container }] };
  return decodePod(decodeObject(resourceTypes.pods, { metadata, spec }));
}

const around = {
  podIp: '127.10.1.2',
  hostIp: '127.10.0.1',
  temporaryDirectory: '/own',
  base: { PATH: '/bin' },
  config: ({ name }: { readonly name: string }) =>
    name === 'there' ? { key: 'value', other: '2' } : undefined,
};

function environmentOf(container: object): Readonly<Record<string, string>> {
  const pod = podWith(container);
  const [decoded] = pod.containers;
  assert.ok(decoded);
  return containerEnvironment(pod, decoded, around);
}

test('the environment has the pod, its address and its own /tmp, and nothing of the sandbox', () => {
  assert.deepEqual(environmentOf({}), {
    PATH: '/bin',
    HOSTNAME: 'p',
    HOME: '/own',
    POD_NAME: 'p',
    POD_NAMESPACE: 'n',
    POD_IP: '127.10.1.2',
    TMPDIR: '/own',
  });
});

const fields = [
  ['metadata.name', 'p'],
  ['metadata.namespace', 'n'],
  ['metadata.uid', 'u'],
  ["metadata.labels['app']", 'a'],
  ["metadata.annotations['x.y/z']", 'note'],
  ["metadata.labels['none']", ''],
  ['status.podIP', '127.10.1.2'],
  ['status.hostIP', '127.10.0.1'],
  ['spec.nodeName', 'node1'],
  ['spec.serviceAccountName', 'default'],
] as const;

for (const [fieldPath, expected] of fields) {
  test(`downward API: ${fieldPath} is ${JSON.stringify(expected)}`, () => {
    const environment = environmentOf({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] });
    assert.equal(environment.X, expected);
  });
}

test('the manifest wins over the sandbox, later entries over earlier ones, and they may refer to them', () => {
  const environment = environmentOf({
    env: [
      { name: 'POD_IP', value: '1.2.3.4' },
      { name: 'X', value: 'a' },
      { name: 'X', value: '$(X)b' },
      { name: 'URL', value: 'http://$(POD_IP)/$(X)' },
    ],
  });
  assert.deepEqual(
    [environment.POD_IP, environment.X, environment.URL],
    ['1.2.3.4', 'ab', 'http://1.2.3.4/ab'],
  );
});

test('config maps and secrets: one key, all keys, and what is missing', () => {
  const ref = (name: string, key: string, optional?: boolean) => ({
    configMapKeyRef: { name, key, optional },
  });
  assert.equal(environmentOf({ env: [{ name: 'X', valueFrom: ref('there', 'key') }] }).X, 'value');
  assert.equal(environmentOf({ env: [{ name: 'X', valueFrom: ref('gone', 'key', true) }] }).X, undefined);
  const all = environmentOf({ envFrom: [{ prefix: 'P_', secretRef: { name: 'there' } }] });
  assert.deepEqual([all.P_key, all.P_other], ['value', '2']);
  const missing = [
    ref('gone', 'key'),
    ref('there', 'nokey'),
    { resourceFieldRef: { resource: 'limits.cpu' } },
  ];
  for (const valueFrom of missing) {
    assert.throws(() => environmentOf({ env: [{ name: 'X', valueFrom }] }), ContainerConfigError);
  }
});

const image = {
  command: ['/usr/bin/server'],
  args: ['--default'],
  programs: { '/usr/bin/server': ['node', 'server.ts'] },
};

const commands = [
  ['the image alone', {}, ['node', 'server.ts', '--default']],
  ['args in place of the default ones', { args: ['-v', '/tmp/x'] }, ['node', 'server.ts', '-v', '/own/x']],
  [
    'a command in place of the image’s',
    { command: ['sh', '-c'], args: ['ls /tmp'] },
    ['sh', '-c', 'ls /own'],
  ],
  ['a command without the default args', { command: ['/usr/bin/server'] }, ['node', 'server.ts']],
  ['a name without its path', { command: ['server', '$(X)'] }, ['node', 'server.ts', 'value']],
] as const;

for (const [name, container, expected] of commands) {
  test(`what runs: ${name}`, () => {
    const [decoded] = podWith(container).containers;
    assert.ok(decoded);
    assert.deepEqual(containerArgv(decoded, image, { X: 'value' }, '/own'), expected);
  });
}

test('an exec resolves the names of the image and has the container’s /tmp', () => {
  assert.deepEqual(execArgv(['touch', '/tmp/killme'], image, '/own'), ['touch', '/own/killme']);
  assert.deepEqual(execArgv(['/usr/bin/server'], image, '/own'), ['node', 'server.ts']);
});

test('an image is found under every way to write its name', () => {
  assert.equal(canonicalName('nginx'), 'docker.io/library/nginx:latest');
  assert.equal(canonicalName('a/b:v1'), 'docker.io/a/b:v1');
  assert.equal(canonicalName('localhost:5000/a'), 'localhost:5000/a:latest');
  const images = createImages({ 'mine:v1': image });
  for (const name of ['mine:v1', 'docker.io/library/mine:v1', 'mine:v1@sha256:00'])
    assert.equal(findImage(images, name), image);
  assert.equal(findImage(images, 'mine:v2'), undefined);
  assert.ok(findImage(images, 'nginx:1.29'), 'any tag of an image whose latest is known');
});
