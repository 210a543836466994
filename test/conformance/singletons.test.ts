import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { decodeSingleton } from '../../src/api/decode-singleton.ts';
import type { SingletonStatus } from '../../src/api/singleton.ts';
import { encodeStatus } from '../../src/api/status-codec.ts';
import type { Answer, Body } from './api-client.ts';
import { fieldsAtFault, inGroup, type Served, serve } from './custom-definition.ts';
import { eventually } from './eventually.ts';
import { badCases, changeCases, goodCases } from './singleton-cases.ts';
import { openTarget, type Target } from './target.ts';

const definition: Body = parse(readFileSync(new URL('../../deploy/crd.yaml', import.meta.url), 'utf8'));

let target: Target;
let served: Served;
let singletons = '';

function singleton(name: string, spec: unknown): Body {
  const head = { apiVersion: `${served.group}/v1alpha1`, kind: 'Singleton', metadata: { name } };
  return spec === undefined ? head : { ...head, spec };
}

const create = (name: string, spec: unknown): Promise<Answer> =>
  target.api.post(singletons, singleton(name, spec));

const selector = { matchLabels: { app: 'hapod' } };

before(async () => {
  target = await openTarget();
  served = await serve(target, definition);
  singletons = served.objects;
});
after(() => target.close());

describe('deploy/crd.yaml as it is', () => {
  test('is accepted by the API server, with the cost of its rules', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All';
    const { status, text } = await target.api.post(path, definition);
    assert.ok(status === 201 || status === 409, text);
  });

  test('is served with its short name and its status', async () => {
    const { body } = await target.api.get(`/apis/${served.group}/v1alpha1`);
    const [resource, status] = body.resources;
    assert.deepEqual(
      [resource.name, resource.singularName, resource.kind, resource.namespaced, resource.shortNames],
      ['singletons', 'singleton', 'Singleton', true, ['sgl']],
    );
    assert.equal(status.name, 'singletons/status');
  });
});

describe('the API server accepts a Singleton, and the program reads the same in it, that', () => {
  for (const [index, { title, spec }] of goodCases.entries()) {
    test(title, async () => {
      const { status, body, text } = await create(`good-${index}`, spec);
      assert.equal(status, 201, text);
      const kept = decodeSingleton(body);
      const sent = decodeSingleton({ ...body, spec });
      assert.equal(kept.kind, 'singleton');
      assert.equal(sent.kind, 'singleton');
      assert.deepEqual(kept.object.spec, sent.object.spec);
    });
  }
});

describe('the API server refuses a Singleton, by the field at fault, that', () => {
  for (const { title, spec, name = 'bad', field } of badCases) {
    test(title, async () => {
      const { status, body, text } = await create(name, spec);
      assert.equal(status, 422, text);
      assert.deepEqual([...new Set(fieldsAtFault(body))], [field]);
    });
  }
});

describe('of a change of a Singleton', () => {
  for (const [index, { title, before: old, after: now, field }] of changeCases.entries()) {
    test(title, async () => {
      const created = await create(`change-${index}`, old);
      assert.equal(created.status, 201, created.text);
      const { resourceVersion } = created.body.metadata;
      const changed = {
        ...singleton(`change-${index}`, now),
        metadata: { name: `change-${index}`, resourceVersion },
      };
      const { status, body, text } = await target.api.put(`${singletons}/change-${index}`, changed);
      assert.equal(status, field === undefined ? 200 : 422, text);
      if (field !== undefined) assert.deepEqual(fieldsAtFault(body), [field]);
    });
  }
});

const status: SingletonStatus = {
  observedGeneration: 1,
  mode: 'Direct',
  active: {
    pod: 'hapod-a',
    uid: 'u',
    node: 'node-1',
    epoch: 7,
    since: new Date(Date.now() - 5 * 60_000).toISOString(),
  },
  epoch: 7,
  ready: '2/3',
  standbys: [
    { pod: 'hapod-b', node: 'node-2', fit: true, because: 'It is ready.' },
    { pod: 'hapod-c', node: undefined, fit: false, because: 'It is not running.' },
  ],
  conditions: [
    {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'All that it says can be done.',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
  history: [
    {
      kind: 'Failover',
      because: { code: 'HolderDeleted', sentence: 'The active pod is gone.' },
      from: 'hapod-x',
      to: 'hapod-a',
      epoch: 7,
      at: '2026-01-01T00:00:00.250Z',
      by: 'understudy-1',
      phasesMs: { decide: 0.25, record: 4, total: 21.5 },
    },
  ],
  failovers: 3,
  switchovers: 2,
  because: { code: 'HolderHealthy', sentence: 'All is well.' },
};

describe('the status that a controller writes', () => {
  const write = (value: object) =>
    target.api.patch(`${singletons}/told/status`, 'json', [{ op: 'add', path: '/status', value }]);

  before(async () => {
    const { status: code, text } = await create('told', { selector, service: 'myhaservice' });
    assert.equal(code, 201, text);
  });

  test('is kept to the last field, and read back as it was', async () => {
    const { status: code, body, text } = await write(encodeStatus(status));
    assert.equal(code, 200, text);
    assert.deepEqual(body.status, JSON.parse(JSON.stringify(encodeStatus(status))));
    const decoded = decodeSingleton(body);
    assert.deepEqual(decoded.kind === 'singleton' && decoded.object.status, status);
    assert.equal(body.metadata.generation, 1);
  });

  test('is replaced whole: what it no longer has is gone', async () => {
    const { body } = await write(
      encodeStatus({ ...status, active: undefined, mode: undefined, history: [] }),
    );
    assert.deepEqual(
      ['active', 'mode', 'lastFailover'].filter((field) => field in body.status),
      [],
    );
    await write(encodeStatus(status));
  });

  test('loses what no definition knows, and refuses nothing for it', async () => {
    const { status: code, body } = await write({ ...encodeStatus(status), unheard: 1 });
    assert.equal(code, 200);
    assert.equal('unheard' in body.status, false);
  });
});

describe('kubectl', () => {
  const short = () => `sgl.${served.group}`;

  test('get sgl shows who is active, since when, and who could take over', async () => {
    await create('blank', { selector });
    const rows = (await target.kubectl.ok(['get', short(), 'told', 'blank'])).split('\n');
    assert.match(rows[0] ?? '', /^NAME +ACTIVE +EPOCH +STANDBYS +SINCE +READY +AGE$/);
    assert.match(rows[1] ?? '', /^told +hapod-a +7 +hapod-b +5m\d*s? +2\/3 +\d+s$/);
    assert.match(rows[2] ?? '', /^blank +\d+s$/);
    const wide = await target.kubectl.ok(['get', short(), 'told', '-o', 'wide']);
    assert.match(
      wide,
      /^NAME .* AGE +SERVICE +MODE +PAUSED +BECAUSE\ntold .* myhaservice +Direct +false +HolderHealthy\n$/,
    );
  });

  test('explain says what a field is for', async () => {
    const explained = await eventually('the API publishes the definition', async () => {
      const version = `--api-version=${served.group}/v1alpha1`;
      const { code, stdout } = await target.kubectl.run(['explain', 'singletons.spec.safety', version]);
      return code === 0 && stdout.includes('Prompt') ? stdout : undefined;
    });
    assert.match(explained, /Strict:\s+on\s+proof\s+alone/);
  });

  test('apply refuses a field that no Singleton has, and says which', async () => {
    const input = JSON.stringify(singleton('misspelt', { selector, safty: 'Strict' }));
    assert.match(await target.kubectl.refused(['apply', '-f', '-'], input), /spec\.safty/);
  });

  test('apply says what is wrong with a value in words that help', async () => {
    const input = JSON.stringify(singleton('wrong', { selector, onDemote: 'Notify' }));
    assert.match(
      await target.kubectl.refused(['apply', '-f', '-'], input),
      /spec\.onDemote: .*Notify needs a way to be answered: notify\.http, or notify\.udp with format json/,
    );
  });

  test('annotate changes what commands are given by, and no generation', async () => {
    await target.kubectl.ok(['annotate', short(), 'told', 'understudy.dev/note=x']);
    const { body } = await target.api.get(`${singletons}/told`);
    assert.deepEqual([body.metadata.annotations['understudy.dev/note'], body.metadata.generation], ['x', 1]);
    const removed = await target.api.patch(`${singletons}/told`, 'merge', {
      metadata: {
        annotations: { 'understudy.dev/note': null },
        resourceVersion: body.metadata.resourceVersion,
      },
    });
    assert.equal(removed.status, 200, removed.text);
    assert.equal(removed.body.metadata.annotations?.['understudy.dev/note'], undefined);
  });
});

test('the definition of this run is the deployed one under another group', () => {
  assert.equal(inGroup(definition, 'x.y').spec.versions, definition.spec.versions);
});
