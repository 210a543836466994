import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ControllerFlags, readSettings } from './settings.ts';

const flags: ControllerFlags = { adopt: ['app=hapod'], namespace: [], safety: 'Prompt', notifyPort: '10001' };

function settingsOf(
  changes: Partial<ControllerFlags>,
  environment: Record<string, string> = { HOSTNAME: 'h' },
) {
  const read = readSettings({ ...flags, ...changes }, environment);
  assert.equal(read.kind, 'settings', JSON.stringify(read));
  return read.settings;
}

function problemsOf(
  changes: Partial<ControllerFlags>,
  environment: Record<string, string> = { HOSTNAME: 'h' },
) {
  const read = readSettings({ ...flags, ...changes }, environment);
  assert.equal(read.kind, 'invalid');
  return read.problems;
}

describe('settings', () => {
  test('the name is the flag, else the pod name, else the host name', () => {
    const environment = { MY_POD_NAME: 'pod-1', POD_NAME: 'pod-2', HOSTNAME: 'Host' };
    assert.equal(settingsOf({ name: 'given' }, environment).name, 'given');
    assert.equal(settingsOf({}, environment).name, 'pod-1');
    assert.equal(settingsOf({}, { ...environment, MY_POD_NAME: '' }).name, 'pod-2');
    assert.equal(settingsOf({}, { HOSTNAME: 'Host' }).name, 'host');
  });

  test('the health port is on the address of the pod, or of this machine alone', () => {
    assert.deepEqual(settingsOf({}).listen, { host: '127.0.0.1', port: 9464 });
    assert.deepEqual(settingsOf({}, { HOSTNAME: 'h', POD_IP: '127.10.0.3' }).listen, {
      host: '127.10.0.3',
      port: 9464,
    });
    assert.deepEqual(settingsOf({ listen: '[::1]:0' }).listen, { host: '::1', port: 0 });
    assert.deepEqual(settingsOf({ listen: ':8080' }).listen, { host: '127.0.0.1', port: 8080 });
  });

  test('namespaces are all, or those that are named', () => {
    assert.deepEqual(settingsOf({}).namespaces, []);
    assert.deepEqual(settingsOf({ namespace: ['a', 'b', 'a'] }).namespaces, ['a', 'b']);
  });

  test('each value that makes no sense gives one line that names its flag', () => {
    const problems = problemsOf(
      {
        adopt: ['x'],
        namespace: ['A!'],
        safety: 'Fast',
        notifyPort: '0',
        listen: 'x',
        controllerNamespace: '_',
      },
      {},
    );
    const named = [
      '--adopt',
      '--namespace',
      '--safety',
      '--notify-port',
      '--listen',
      '--name',
      '--controller-namespace',
    ];
    assert.deepEqual(
      problems.map((problem) => problem.split(':')[0]),
      named,
    );
  });

  test('adoptions are all kept, and two that would give one name are refused', () => {
    const both = settingsOf({ adopt: ['app=hapod', 'app.kubernetes.io/name=hapod', 'app=hapod'] });
    assert.deepEqual(
      both.adoptions.map(({ selector }) => selector),
      ['app=hapod', 'app.kubernetes.io/name=hapod'],
    );
    const [, made] = both.adoptions;
    const problems = problemsOf({ adopt: [`app=${made?.singletonName}`, 'app.kubernetes.io/name=hapod'] });
    assert.match(problems.join('\n'), /^--adopt: .* give the same name, app-kubernetes-io-name-hapod-/);
  });

  test('without anything to adopt it looks after Singletons, beside it only where that is asked for', () => {
    assert.equal(settingsOf({ adopt: [] }).singletons, true);
    assert.equal(settingsOf({}).singletons, false);
    assert.equal(settingsOf({ singletons: true }).singletons, true);
  });
});
