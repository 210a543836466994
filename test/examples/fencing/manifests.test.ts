/**
 * Holds the manifests of examples/fencing to each other, to the programs, and to what the example promises. As kubectl
 * builds them; they are run on real clusters only, because the sandbox mounts no volumes.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { singletonVersion } from '../../../src/api/singleton.ts';
import { words } from '../../../src/controller/words.ts';
import { applyManifests } from '../../../src/sandbox/api/apply/apply-manifests.ts';
import { loadManifests } from '../../../src/sandbox/api/apply/manifest-file.ts';
import { Store } from '../../../src/sandbox/api/store.ts';
import { SeededRandom, SimulatedClock } from '../../../src/time/simulated-clock.ts';
import { importsOf } from '../../tidy/imports.ts';

interface Port {
  readonly name: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

interface Deployment {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly name: string;
          readonly command: readonly string[];
          readonly ports?: readonly Port[];
        }[];
        readonly volumes: readonly {
          readonly name: string;
          readonly configMap?: { readonly name: string };
          readonly downwardAPI?: {
            readonly items: readonly {
              readonly path: string;
              readonly fieldRef: { readonly fieldPath: string };
            }[];
          };
        }[];
      };
    };
  };
}

interface Singleton {
  readonly apiVersion: string;
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly service?: string;
    readonly critical: { readonly containers: readonly string[] };
    readonly notify?: { readonly udp: { readonly port: number; readonly format: string } };
    readonly onDemote: string;
    readonly tripwire?: { readonly port: number };
  };
}

interface Service {
  readonly spec: { readonly selector?: object; readonly ports: readonly { readonly targetPort: string }[] };
}

interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}

const fromRoot = (file: string) => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const folder = fromRoot('examples/fencing');
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
const shellManifest = 'application-shell.yaml';

/** Kind/name → object; a name that carries a hash is there without it. */
type Objects = ReadonlyMap<string, unknown>;

function objectsOf(text: string): Objects {
  return new Map(
    parseAllDocuments(text).map((document) => {
      const name = String(document.getIn(['metadata', 'name'])).replace(
        /^(fencing-programs)-[a-z0-9]{10}$/,
        '$1',
      );
      return [`${document.get('kind')}/${name}`, document.toJS()];
    }),
  );
}

const built = { text: '', objects: new Map() as Objects };
before(() => {
  const kubectl = execFileSync(fromRoot('scripts/kubectl.sh'), { encoding: 'utf8' }).trim();
  built.text = execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8' });
  built.objects = objectsOf(built.text);
});

function templateOf(objects: Objects, name = 'Deployment/fencing'): Deployment['spec']['template'] {
  return (objects.get(name) as Deployment).spec.template;
}

function applicationOf(objects: Objects) {
  const [container] = templateOf(objects).spec.containers;
  assert.ok(container !== undefined);
  return container;
}

describe('the manifests of the fencing example', () => {
  test('are a store, an application with a Service, and its Singleton', () => {
    assert.deepEqual([...built.objects.keys()].toSorted(), [
      'ConfigMap/fencing-programs',
      'Deployment/fencing',
      'Deployment/fencing-store',
      'PersistentVolumeClaim/fencing-store',
      'Service/fencing',
      'Service/fencing-store',
      'Singleton/fencing',
    ]);
  });

  test('bring the programs as they are, with all that they import', () => {
    const { metadata, data } = built.objects.get('ConfigMap/fencing-programs') as ConfigMap;
    for (const [name, text] of Object.entries(data)) {
      if (name !== 'package.json') assert.equal(text, read(name), name);
      for (const { specifier } of name.endsWith('.ts') ? importsOf(text) : [])
        assert.ok(
          specifier.startsWith('node:') || path.normalize(specifier) in data,
          `${name}: ${specifier}`,
        );
    }
    assert.equal(JSON.parse(data['package.json'] ?? '').type, 'module');
    for (const name of ['Deployment/fencing', 'Deployment/fencing-store']) {
      const { containers, volumes } = templateOf(built.objects, name).spec;
      assert.ok(volumes.some(({ configMap }) => configMap?.name === metadata.name));
      assert.ok(path.basename(containers[0]?.command.at(-1) ?? '') in data);
    }
  });

  test('ask for Direct mode: two members, a Service without a selector, its port a port of theirs', () => {
    const { spec } = built.objects.get('Service/fencing') as Service;
    assert.equal(spec.selector, undefined);
    const names = applicationOf(built.objects).ports?.map(({ name }) => name) ?? [];
    assert.ok(spec.ports.every(({ targetPort }) => names.includes(targetPort)));
    assert.equal((built.objects.get('Deployment/fencing') as Deployment).spec.replicas, 2);
  });

  test('name in the Singleton what there is: members, Service, container, ports', () => {
    const { apiVersion, spec } = built.objects.get('Singleton/fencing') as Singleton;
    const { ports = [], name } = applicationOf(built.objects);
    const { labels } = templateOf(built.objects).metadata;
    assert.equal(apiVersion, singletonVersion);
    assert.deepEqual(spec.selector.matchLabels, labels);
    assert.ok(built.objects.has(`Service/${spec.service}`));
    assert.deepEqual(spec.critical.containers, [name]);
    assert.equal(spec.notify?.udp.format, 'json');
    assert.equal(spec.onDemote, 'Notify');
    const numberOf = (portName: string) => ports.find((port) => port.name === portName);
    assert.deepEqual(numberOf('notices'), {
      name: 'notices',
      protocol: 'UDP',
      containerPort: spec.notify?.udp.port,
    });
    assert.equal(spec.tripwire?.port, numberOf('clients')?.containerPort);
  });

  test('leave an application the time that it serves on for, and its last write', () => {
    assert.ok(templateOf(built.objects).spec.terminationGracePeriodSeconds >= 3);
  });

  test('give role and epoch as files, to both programs', () => {
    for (const objects of [built.objects, objectsOf(read(shellManifest))]) {
      const volume = templateOf(objects).spec.volumes.find(({ downwardAPI }) => downwardAPI !== undefined);
      const items = volume?.downwardAPI?.items.map(({ path: file, fieldRef }) => [file, fieldRef.fieldPath]);
      assert.deepEqual(items, [
        ['role', `metadata.labels['${words.role}']`],
        ['epoch', `metadata.annotations['${words.epoch}']`],
      ]);
    }
  });

  test('have for the shell another Deployment and Singleton in the place of those, without Service or notices', () => {
    const objects = objectsOf(read(shellManifest));
    assert.deepEqual([...objects.keys()], ['Singleton/fencing', 'Deployment/fencing']);
    const { spec } = objects.get('Singleton/fencing') as Singleton;
    assert.deepEqual(spec.selector.matchLabels, templateOf(objects).metadata.labels);
    assert.deepEqual([spec.service, spec.notify, spec.tripwire], [undefined, undefined, undefined]);
    assert.deepEqual(spec.critical.containers, [applicationOf(objects).name]);
    const program = path.basename(applicationOf(objects).command.at(-1) ?? '');
    assert.ok(program in (built.objects.get('ConfigMap/fencing-programs') as ConfigMap).data);
  });

  test('are objects that Kubernetes takes, as far as the sandbox knows them', (context) => {
    const work = mkdtempSync(path.join(tmpdir(), 'understudy-fencing-manifests-'));
    context.after(() => rmSync(work, { recursive: true, force: true }));
    const unknown = new Set(['Singleton', 'PersistentVolumeClaim']);
    const known = parseAllDocuments(
      `${built.text}\n---\n${read(shellManifest).replaceAll('name: fencing\n', 'name: shell\n')}`,
    )
      .filter((document) => !unknown.has(String(document.get('kind'))))
      .map(String);
    const file = path.join(work, 'all.yaml');
    writeFileSync(file, known.join('---\n'));
    const store = new Store({ clock: new SimulatedClock(), random: new SeededRandom(1) });
    assert.equal(applyManifests(store, loadManifests([file], store.types)).length, 6);
  });
});
