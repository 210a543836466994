import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { configMap, nowhere, pod } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let pods = '';
let maps = '';

const names = (body: { items: { metadata: { name: string } }[] }) =>
  body.items.map(({ metadata }) => metadata.name);

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  maps = `/api/v1/namespaces/${target.namespace}/configmaps`;
  for (const [name, labels] of [
    ['a', { tier: 'front', list: 'yes' }],
    ['b', { tier: 'back', list: 'yes' }],
    ['c', { list: 'yes' }],
  ] as const) {
    await target.api.post(maps, configMap(name, labels));
  }
});
after(() => target.close());

describe('list', () => {
  test('is in the order of names, its items without apiVersion and kind', async () => {
    const { status, body } = await target.api.get(`${maps}?labelSelector=list%3Dyes`);
    assert.equal(status, 200);
    assert.equal(body.kind, 'ConfigMapList');
    assert.deepEqual(names(body), ['a', 'b', 'c']);
    assert.equal(body.items[0].kind, undefined);
    assert.match(body.metadata.resourceVersion, /^[1-9]\d*$/);
  });

  const selectors: [selector: string, expected: string[]][] = [
    ['tier=front', ['a']],
    ['tier==front', ['a']],
    ['tier!=front,list', ['b', 'c']],
    ['tier in (front,back)', ['a', 'b']],
    ['tier notin (front),list', ['b', 'c']],
    ['tier', ['a', 'b']],
    ['!tier,list', ['c']],
    ['list=yes,tier=none', []],
  ];
  for (const [selector, expected] of selectors) {
    test(`takes the label selector ${selector}`, async () => {
      const { body } = await target.api.get(`${maps}?labelSelector=${encodeURIComponent(selector)}`);
      assert.deepEqual(names(body), expected);
    });
  }

  test('of a broken label selector answers 400', async () => {
    assert.equal((await target.api.get(`${maps}?labelSelector=${encodeURIComponent('a in (')}`)).status, 400);
  });

  test('takes field selectors that the kind has, and answers 400 on others', async () => {
    await target.api.post(pods, pod('selected', { nodeName: nowhere }));
    const selected = await target.api.get(
      `${pods}?fieldSelector=spec.nodeName%3D${nowhere},status.phase!%3DRunning`,
    );
    assert.deepEqual(names(selected.body), ['selected']);
    assert.deepEqual(names((await target.api.get(`${maps}?fieldSelector=metadata.name%3Db`)).body), ['b']);
    const unknown = await target.api.get(`${pods}?fieldSelector=spec.colour%3Dblue`);
    assert.equal(unknown.status, 400);
    assert.match(unknown.body.message, /field label not supported/);
  });

  test('comes in pages that together show one moment', async () => {
    const first = (await target.api.get(`${maps}?labelSelector=list&limit=2`)).body;
    assert.deepEqual(names(first), ['a', 'b']);
    assert.notEqual(first.metadata.continue, undefined);
    await target.api.post(maps, configMap('bb', { list: 'late' }));
    await target.api.post(maps, configMap('zz', { list: 'late' }));
    const token = encodeURIComponent(first.metadata.continue);
    const second = (await target.api.get(`${maps}?labelSelector=list&limit=2&continue=${token}`)).body;
    assert.deepEqual(names(second), ['c']);
    assert.equal(second.metadata.continue, undefined);
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  });

  test('at a resourceVersion that does not exist yet answers 504', async () => {
    const { status, body } = await target.api.get(
      `${maps}?resourceVersion=999999999999&resourceVersionMatch=NotOlderThan`,
    );
    assert.equal(status, 504);
    assert.match(body.message, /Too large resource version/);
  });

  test('of a namespace that does not exist is empty', async () => {
    const { status, body } = await target.api.get('/api/v1/namespaces/not-there/configmaps');
    assert.equal(status, 200);
    assert.deepEqual(body.items, []);
  });
});

describe('get', () => {
  test('of a missing object answers 404 with its details', async () => {
    const { status, body } = await target.api.get(`${maps}/missing`);
    assert.equal(status, 404);
    assert.equal(body.reason, 'NotFound');
    assert.deepEqual(body.details, { name: 'missing', kind: 'configmaps' });
    assert.equal(body.code, 404);
  });

  test('as a Table has columns and cells', async () => {
    const { body } = await target.api.get(pods, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    assert.equal(body.kind, 'Table');
    const columns = body.columnDefinitions.map(({ name }: { name: string }) => name);
    assert.deepEqual(columns.slice(0, 5), ['Name', 'Ready', 'Status', 'Restarts', 'Age']);
    assert.equal(body.rows[0].cells[0], 'selected');
    assert.equal(body.rows[0].cells[2], 'Pending');
    assert.equal(body.rows[0].object.kind, 'PartialObjectMetadata');
  });

  test('as PartialObjectMetadata has metadata only', async () => {
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const { body } = await target.api.get(`${maps}/a`, { accept });
    assert.equal(body.kind, 'PartialObjectMetadata');
    assert.equal(body.metadata.name, 'a');
    assert.equal(body.data, undefined);
  });

  test('of discovery lists groups, resources and subresources', async () => {
    const groups = (await target.api.get('/apis')).body.groups.map(({ name }: { name: string }) => name);
    for (const group of ['apps', 'coordination.k8s.io', 'discovery.k8s.io', 'policy'])
      assert.ok(groups.includes(group), group);
    const core = (await target.api.get('/api/v1')).body.resources.map(({ name }: { name: string }) => name);
    for (const resource of [
      'pods',
      'pods/status',
      'pods/log',
      'pods/exec',
      'pods/eviction',
      'services',
      'nodes',
    ]) {
      assert.ok(core.includes(resource), resource);
    }
  });

  test('of health and version answers', async () => {
    assert.equal((await target.api.get('/readyz')).text, 'ok');
    assert.equal((await target.api.get('/version')).body.major, '1');
  });
});
