import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { configMap, pod } from './objects.ts';
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
    const nodeName = target.nowhere();
    await target.api.post(pods, pod('selected', { nodeName }));
    const selected = await target.api.get(
      `${pods}?fieldSelector=spec.nodeName%3D${nodeName},status.phase!%3DRunning`,
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

  test('right after a write has it, and so has a get', async () => {
    for (let round = 1; round <= 20; round++) {
      const name = `written-${round}`;
      const { body } = await target.api.post(maps, configMap(name, { written: 'yes' }));
      assert.deepEqual((await target.api.get(`${maps}/${name}`)).body, body);
      const list = (await target.api.get(`${maps}?labelSelector=written`)).body;
      assert.equal(list.items.length, round);
      assert.ok(Number(list.metadata.resourceVersion) >= Number(body.metadata.resourceVersion));
    }
  });

  test('says how many are left where no selector hides some; the next page may be larger', async () => {
    const [one, two] = await Promise.all([
      target.api.get(`${maps}?limit=1`),
      target.api.get(`${maps}?limit=1&labelSelector=list`),
    ]);
    assert.ok(one.body.metadata.remainingItemCount > 0);
    assert.equal(two.body.metadata.remainingItemCount, undefined);
    const token = encodeURIComponent(one.body.metadata.continue);
    const rest = (await target.api.get(`${maps}?limit=500&continue=${token}`)).body;
    assert.equal(rest.items.length, one.body.metadata.remainingItemCount);
    assert.equal(rest.metadata.continue, undefined);
    assert.equal(rest.metadata.remainingItemCount, undefined);
  });

  test('with a continue token that is none answers 400', async () => {
    const { status, body } = await target.api.get(`${maps}?limit=1&continue=nonsense`);
    assert.equal(status, 400);
    assert.equal(body.reason, 'BadRequest');
    assert.match(body.message, /continue key is not valid/);
  });

  test('with resourceVersionMatch=Exact shows what was there then; NotOlderThan, what is there now', async () => {
    const then = (await target.api.post(maps, configMap('exact', { exact: 'yes' }))).body.metadata
      .resourceVersion;
    await target.api.delete(`${maps}/exact`);
    const at = (match: string) =>
      target.api.get(`${maps}?labelSelector=exact&resourceVersion=${then}&resourceVersionMatch=${match}`);
    const exact = (await at('Exact')).body;
    assert.deepEqual(names(exact), ['exact']);
    assert.equal(exact.metadata.resourceVersion, then);
    const newest = (await at('NotOlderThan')).body;
    assert.deepEqual(names(newest), []);
    assert.ok(Number(newest.metadata.resourceVersion) > Number(then));
  });

  test('with a resourceVersionMatch that makes no sense answers 422 and says why', async () => {
    const refusals: [query: string, message: RegExp][] = [
      ['resourceVersionMatch=Exact', /resourceVersionMatch is forbidden unless resourceVersion is provided/],
      [
        'resourceVersion=0&resourceVersionMatch=Exact',
        /resourceVersionMatch "exact" is forbidden for resourceVersion "0"/,
      ],
      ['resourceVersion=1&resourceVersionMatch=Nearly', /resourceVersionMatch: Unsupported value: "Nearly"/],
      ['sendInitialEvents=true&resourceVersion=1', /sendInitialEvents is forbidden for list/],
    ];
    for (const [query, message] of refusals) {
      const { status, body } = await target.api.get(`${maps}?${query}`);
      assert.equal(status, 422, query);
      assert.match(body.message, message);
    }
  });

  test('with a number that is none answers 400; a watch with such a version, 500', async () => {
    for (const query of ['resourceVersion=abc', 'limit=abc', 'watch=1&timeoutSeconds=abc']) {
      const { status, body } = await target.api.get(`${maps}?${query}`);
      assert.equal(status, 400, query);
      assert.match(body.message, /parsing "abc": invalid syntax/);
    }
    assert.equal((await target.api.get(`${maps}?watch=1&resourceVersion=abc`)).status, 500);
  });

  test('at a resourceVersion that does not exist yet answers 504', async () => {
    const { status, body } = await target.api.get(
      `${maps}?resourceVersion=999999999999&resourceVersionMatch=NotOlderThan`,
    );
    assert.equal(status, 504);
    assert.match(body.message, /Too large resource version/);
    assert.equal(body.reason, 'Timeout');
    assert.equal(body.details.causes[0].reason, 'ResourceVersionTooLarge');
    assert.ok(body.details.retryAfterSeconds >= 1);
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
