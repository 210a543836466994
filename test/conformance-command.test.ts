/**
 * Types what cannot work at `npm run test:conformance`: each is answered by one clear line, before any case runs.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../scripts/conformance.ts', import.meta.url));
let folder = '';

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'understudy-conformance-'));
});
after(() => rmSync(folder, { recursive: true }));

function refused(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  assert.equal(status, 2, stdout + stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^understudy: [^\n]+\n$/);
  return stderr;
}

describe('the conformance suite refuses', () => {
  test('a kubeconfig that is not named', () => {
    assert.match(refused('--kubeconfig'), /--kubeconfig needs a file/);
  });

  test('a kubeconfig that is not there', () => {
    const file = path.join(folder, 'none');
    assert.match(refused('--kubeconfig', file), /the kubeconfig can't be read: ENOENT/);
  });

  test('a cluster that does not answer', () => {
    const file = path.join(folder, 'kubeconfig');
    const cluster = { name: 'c', cluster: { server: 'http://127.0.0.1:9' } };
    const context = { name: 'c', context: { cluster: 'c', user: 'c' } };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [cluster],
      contexts: [context],
      'current-context': 'c',
    };
    writeFileSync(file, JSON.stringify({ ...config, users: [{ name: 'c', user: {} }] }));
    assert.match(refused(`--kubeconfig=${file}`), /does not answer: .*refused/);
  });
});
