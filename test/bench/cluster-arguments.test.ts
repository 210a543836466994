import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { readArguments, UsageError } from '../../bench/cluster/command-arguments.ts';
import { nameInFull } from '../../bench/cluster/peer-image.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'understudy-arguments-'));
const archive = path.join(folder, 'peer.tar');
writeFileSync(archive, '');
after(() => rmSync(folder, { recursive: true }));

describe('the words of bench:cluster', () => {
  test('without any: ten runs of every scene in both modes, on a cluster of its own', () => {
    assert.deepEqual(readArguments([]), {
      runs: 10,
      only: [],
      modes: ['Direct', 'Labels'],
      json: undefined,
      write: false,
      onRunning: false,
      peer: undefined,
    });
  });

  test('a mode is measured alone, or both in the order in which they are always measured', () => {
    assert.deepEqual(readArguments(['--mode', 'Labels']).modes, ['Labels']);
    assert.deepEqual(readArguments(['--mode', 'Labels', '--mode', 'Direct']).modes, ['Direct', 'Labels']);
  });

  test('a peer is measured in a namespace of its own unless one is named', () => {
    const words = ['--controller', archive, '--manifests', folder];
    const peer = { image: archive, manifests: folder, namespace: 'bench-peer' };
    assert.deepEqual(readArguments(words).peer, peer);
    const named = readArguments([...words, '--namespace', 'default']).peer;
    assert.deepEqual(named, { ...peer, namespace: 'default' });
  });

  const wrong: readonly (readonly [words: readonly string[], message: RegExp])[] = [
    [['--runs', '0'], /^--runs 0: a number from 1 to 1000 is expected$/],
    [['--runs', 'ten'], /^--runs ten: a number/],
    [['--only', 'nothing'], /^--only nothing: one of election, crash, .* is expected$/],
    [['--mode', 'direct'], /^--mode direct: one of Direct, Labels is expected$/],
    [['--fast'], /--fast/],
    [['--json', path.join(archive, 'a.json')], /^--json .*: there is no folder for it$/],
    [['--controller', archive], /^--controller FILE and --manifests DIR go together$/],
    [['--namespace', 'default'], /^--namespace goes with --controller FILE and --manifests DIR$/],
    [['--controller', `${archive}.gz`, '--manifests', folder], /^--controller .*: there is no such file$/],
    [['--controller', archive, '--manifests', archive], /^--manifests .*: there is no such folder$/],
  ];
  for (const [words, message] of wrong) {
    const shown = words.map((word) => path.basename(word)).join(' ');
    test(`${shown} is refused in one line`, () => {
      assert.throws(
        () => readArguments(words),
        (error) => error instanceof UsageError && message.test(error.message) && !/\n/.test(error.message),
      );
    });
  }
});

describe('an image', () => {
  test('is known by one name, however it is written', () => {
    const names = ['busybox', 'icr:v1', 'team/app', 'localhost/app:dev', 'example.org:5000/a/b@sha256:0'];
    assert.deepEqual(names.map(nameInFull), [
      'docker.io/library/busybox:latest',
      'docker.io/library/icr:v1',
      'docker.io/team/app:latest',
      'localhost/app:dev',
      'example.org:5000/a/b@sha256:0',
    ]);
  });
});
