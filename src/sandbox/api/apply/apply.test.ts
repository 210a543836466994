import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SeededRandom, SimulatedClock } from '../../../time/simulated-clock.ts';
import { resourceTypes } from '../resource-types.ts';
import { Store } from '../store.ts';
import { applyManifests } from './apply-manifests.ts';
import { ManifestError } from './manifest-error.ts';
import { loadManifests } from './manifest-file.ts';

let directory = '';
before(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'manifests-'));
});
after(() => rmSync(directory, { recursive: true }));

function newStore(): Store {
  return new Store({ clock: new SimulatedClock(), random: new SeededRandom(1) });
}

function file(name: string, ...lines: readonly string[]): string {
  const written = path.join(directory, name);
  writeFileSync(written, `${lines.join('\n')}\n`);
  return written;
}

/** The problems, without the directory. */
function problems(...paths: readonly string[]): readonly string[] {
  const store = newStore();
  const before = store.resourceVersion;
  try {
    applyManifests(store, loadManifests(paths, store.types));
  } catch (error) {
    assert.ok(error instanceof ManifestError, String(error));
    assert.equal(store.resourceVersion, before, 'nothing may have been applied');
    return error.message.split('\n').map((line) => line.replace(`${directory}/`, ''));
  }
  return [];
}

const good = ['apiVersion: v1', 'kind: ConfigMap', 'metadata:', '  name: good'];

describe('a manifest with a problem is told by file, line and what was expected:', () => {
  test('a syntax error', () => {
    const [first] = problems(file('syntax.yaml', 'apiVersion: v1', 'kind: [Pod'));
    assert.match(first ?? '', /^syntax\.yaml:\d: YAML was expected: /);
  });

  test('an unknown kind, with the one that was probably meant', () => {
    const found = problems(
      file('kind.yaml', 'apiVersion: apps/v1', 'kind: ReplicSet', 'metadata: {name: a}'),
    );
    assert.deepEqual(found, [
      'kind.yaml:2: no kind "ReplicSet" in "apps/v1" is known: did you mean ReplicaSet?',
    ]);
  });

  test('a known kind of another group', () => {
    const found = problems(file('group.yaml', 'apiVersion: v1', 'kind: ReplicaSet', 'metadata: {name: a}'));
    assert.deepEqual(found, [
      'group.yaml:2: no kind "ReplicaSet" in "v1" is known: ReplicaSet is of apps/v1',
    ]);
  });

  test('a misspelt and a mistyped field, in the second document', () => {
    const found = problems(
      file(
        'fields.yaml',
        ...good,
        '---',
        'apiVersion: v1',
        'kind: Pod',
        'metadata: {name: a}',
        'spec:',
        '  contaners: []',
        '  hostNetwork: "yes"',
      ),
    );
    assert.deepEqual(found, [
      'fields.yaml:10: unknown field "spec.contaners", did you mean "containers"?',
      'fields.yaml:11: spec.hostNetwork: true or false was expected',
    ]);
  });

  test('a missing field', () => {
    const found = problems(
      file(
        'missing.yaml',
        'apiVersion: v1',
        'kind: Pod',
        'metadata:',
        '  name: a',
        'spec:',
        '  containers:',
        '  - name: main',
      ),
    );
    assert.deepEqual(found, ['missing.yaml:7: spec.containers[0].image: Required value']);
  });

  test('no name, no kind, no object at all, no such file', () => {
    assert.deepEqual(problems(file('name.yaml', 'apiVersion: v1', 'kind: ConfigMap', 'metadata: {}')), [
      'name.yaml:3: metadata.name was expected',
    ]);
    assert.deepEqual(problems(file('nothing.yaml', 'metadata: {name: a}')), [
      'nothing.yaml:1: apiVersion was expected, such as v1 or apps/v1',
      'nothing.yaml:1: kind was expected, such as Pod or ReplicaSet',
    ]);
    assert.match(
      problems(file('list.yaml', '- a'))[0] ?? '',
      /^list\.yaml:1: a Kubernetes object was expected/,
    );
    assert.match(
      problems(path.join(directory, 'absent.yaml'))[0] ?? '',
      /^absent\.yaml: a readable manifest was expected/,
    );
  });

  test('every problem of every file at once, and nothing is applied', () => {
    const found = problems(
      file('one.yaml', ...good),
      file('two.yaml', 'kind: ['),
      file('three.yaml', 'apiVersion: v1', 'kind: Unheard'),
    );
    assert.deepEqual([...new Set(found.map((line) => line.split(':')[0]))], ['two.yaml', 'three.yaml']);
  });
});

describe('manifests are applied', () => {
  test("the example's, in the order that their needs ask for, and a second time without a change", () => {
    const store = newStore();
    const directoryOfExample = fileURLToPath(new URL('../../../../examples/hapod', import.meta.url));
    const apply = () => applyManifests(store, loadManifests([directoryOfExample], store.types));
    assert.deepEqual(
      apply().map(({ object }) => object.kind),
      ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Service', 'ReplicaSet', 'ReplicaSet'],
    );
    const version = store.resourceVersion;
    assert.ok(apply().every(({ outcome }) => outcome === 'unchanged'));
    assert.equal(store.resourceVersion, version);
  });

  test('with the namespace and the kind that they bring along', () => {
    const store = newStore();
    const manifest = file(
      'brings.yaml',
      'apiVersion: example.com/v1',
      'kind: Widget',
      'metadata: {name: a, namespace: team}',
      'spec: {size: 1}',
      '---',
      'apiVersion: v1',
      'kind: Namespace',
      'metadata: {name: team}',
      '---',
      'apiVersion: apiextensions.k8s.io/v1',
      'kind: CustomResourceDefinition',
      'metadata: {name: widgets.example.com}',
      'spec:',
      '  group: example.com',
      '  scope: Namespaced',
      '  names: {plural: widgets, kind: Widget}',
      '  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]',
    );
    applyManifests(store, loadManifests([manifest], store.types));
    const widgets = store.types.byPath('example.com/v1', 'widgets');
    assert.ok(widgets !== undefined);
    assert.deepEqual(store.get(widgets, 'team', 'a')?.spec, { size: 1 });
    assert.notEqual(store.get(resourceTypes.namespaces, undefined, 'team'), undefined);
  });
});
