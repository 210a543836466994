import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { KubeconfigError } from './credential-files.ts';
import { readInClusterConnection } from './in-cluster.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { loadConnection } from './load-connection.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const base64 = (text: string) => Buffer.from(text).toString('base64');

async function directory(context: TestContext, files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'understudy-'));
  context.after(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

const config = (cluster: object, user: object, more: object = {}) =>
  stringify({
    'current-context': 'c',
    contexts: [
      { name: 'c', context: { cluster: 'one', user: 'me', namespace: 'ns' } },
      { name: 'd', context: { cluster: 'two', user: 'me' } },
    ],
    clusters: [
      { name: 'one', cluster: { server: 'https://one:6443', ...cluster } },
      { name: 'two', cluster: { server: 'http://two' } },
    ],
    users: [{ name: 'me', user }],
    ...more,
  });

test('certificates are taken from the file itself, or from files beside it', async (context) => {
  const inline = { 'client-certificate-data': base64(PEM), 'client-key-data': base64(PEM) };
  const path = await directory(context, {
    inline: config({ 'certificate-authority-data': base64(PEM), 'tls-server-name': 'api' }, inline),
    beside: config({ 'certificate-authority': 'ca.pem' }, { token: 't' }),
    'ca.pem': PEM,
  });
  const first = await readKubeconfig(join(path, 'inline'));
  assert.deepEqual([first.server.href, first.namespace], ['https://one:6443/', 'ns']);
  assert.deepEqual(await first.tls(), {
    ca: PEM,
    certificate: PEM,
    key: PEM,
    serverName: 'api',
    insecureSkipVerify: false,
  });
  assert.equal(await first.authorization(), undefined);
  const second = await readKubeconfig(join(path, 'beside'));
  assert.equal((await second.tls()).ca, PEM);
  assert.equal(await second.authorization(), 'Bearer t');
});

test('a token file is read anew each time', async (context) => {
  const path = await directory(context, {
    config: config({}, { tokenFile: 'token', token: 'stale' }),
    token: 'one\n',
  });
  const connection = await readKubeconfig(join(path, 'config'));
  assert.equal(await connection.authorization(), 'Bearer one');
  await writeFile(join(path, 'token'), 'two\n');
  assert.equal(await connection.authorization(), 'Bearer two');
});

test('another context than the current one can be named', async (context) => {
  const path = await directory(context, { config: config({}, {}) });
  const connection = await readKubeconfig(join(path, 'config'), 'd');
  assert.deepEqual([connection.server.href, connection.namespace], ['http://two/', 'default']);
});

const WRONG: readonly (readonly [string, string, RegExp])[] = [
  ['no YAML', 'a: [', /config: is not YAML: /],
  ['no mapping', '- a', /config: is not a kubeconfig$/],
  ['no current context', config({}, {}, { 'current-context': '' }), /config: current-context is not set/],
  [
    'an unknown context',
    config({}, {}, { 'current-context': 'x' }),
    /config: contexts has no "x" \(it has c, d\)$/,
  ],
  ['an unknown cluster', config({}, {}, { clusters: [] }), /config: clusters has no "one"$/],
  ['an unknown user', config({}, {}, { users: [] }), /config: users has no "me"$/],
  ['no server', config({ server: '' }, {}), /config: clusters\[one\]\.server is missing$/],
  [
    'a server that is no URL',
    config({ server: 'one:6443' }, {}),
    /clusters\[one\]\.server: one:6443 is not an http or https URL$/,
  ],
  [
    'a proxy',
    config({ 'proxy-url': 'http://p' }, {}),
    /clusters\[one\]\.proxy-url: proxies are not supported$/,
  ],
  [
    'a missing CA file',
    config({ 'certificate-authority': 'gone.pem' }, {}),
    /clusters\[one\]\.certificate-authority: .*gone\.pem does not exist$/,
  ],
  [
    'CA data that is none',
    config({ 'certificate-authority-data': 'QUJD' }, {}),
    /certificate-authority-data is not PEM in base64$/,
  ],
  [
    'a certificate without a key',
    config({}, { 'client-certificate-data': base64(PEM) }),
    /users\[me\]: client-certificate and client-key belong together/,
  ],
  [
    'a missing token file',
    config({}, { tokenFile: 'gone' }),
    /users\[me\]\.tokenFile: .*gone does not exist$/,
  ],
  [
    'an exec plugin',
    config({}, { exec: { command: 'aws-iam' } }),
    /users\[me\]\.exec: the credential plugin aws-iam is not supported; supported are client certificates, tokens and token files$/,
  ],
  [
    'an auth provider',
    config({}, { 'auth-provider': { name: 'oidc' } }),
    /users\[me\]\.auth-provider: oidc is not supported/,
  ],
  [
    'a password',
    config({}, { username: 'u', password: 'p' }),
    /users\[me\]\.username: passwords are not supported/,
  ],
  ['a field of the wrong type', config({}, { token: 7 }), /config: users\[me\]\.token: expected a string$/],
];

for (const [what, text, message] of WRONG) {
  test(`a kubeconfig with ${what} is refused in one line with file and field`, async (context) => {
    const path = await directory(context, { config: text });
    await assert.rejects(readKubeconfig(join(path, 'config')), (error) => {
      assert.ok(error instanceof KubeconfigError, `${error}`);
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(path) || error.message.includes(join(path, 'config')));
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  });
}

const serviceAccount = { token: 'sa\n', 'ca.crt': PEM, namespace: 'kube' };

test('in a pod the ServiceAccount is used, by IPv4 and IPv6', async (context) => {
  const path = await directory(context, serviceAccount);
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  const connection = await readInClusterConnection({ env, directory: path });
  assert.deepEqual([connection?.server.href, connection?.namespace], ['https://10.0.0.1/', 'kube']);
  assert.equal(await connection?.authorization(), 'Bearer sa');
  assert.equal((await connection?.tls())?.ca, PEM);
  const six = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
  assert.equal(
    (await readInClusterConnection({ env: six, directory: path }))?.server.href,
    'https://[fd00::1]:6443/',
  );
  await writeFile(join(path, 'token'), 'rotated');
  assert.equal(await connection?.authorization(), 'Bearer rotated');
});

test('outside of a pod there is no such connection, and a pod without a token is told so', async (context) => {
  assert.equal(await readInClusterConnection({ env: {} }), undefined);
  const path = await directory(context, { 'ca.crt': PEM });
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  await assert.rejects(
    readInClusterConnection({ env, directory: path }),
    /ServiceAccount token: .*token does not exist/,
  );
});

test('the named file comes before KUBECONFIG, and that before ~/.kube/config', async (context) => {
  const path = await directory(context, { named: config({}, {}), env: config({ server: 'http://env' }, {}) });
  const env = { KUBECONFIG: join(path, 'env'), HOME: path };
  assert.equal(
    (await loadConnection({ kubeconfig: join(path, 'named'), env })).server.href,
    'https://one:6443/',
  );
  assert.equal((await loadConnection({ env })).server.href, 'http://env/');
  await assert.rejects(loadConnection({ env: { HOME: path } }), /\.kube\/config does not exist/);
  await assert.rejects(loadConnection({ env: { KUBECONFIG: '/a:/b' } }), /KUBECONFIG names 2 files/);
});
