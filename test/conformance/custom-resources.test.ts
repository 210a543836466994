import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Body } from './api-client.ts';
import { fieldsAtFault, redefine, type Served, serve } from './custom-definition.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let served: Served;
let widgets = '';
let kind = '';

/** `properties` of the spec; `rules` on it. */
function definition(properties: object, rules: readonly object[]): Body {
  const spec = { type: 'object', properties, 'x-kubernetes-validations': rules };
  const status = { type: 'object', properties: { seen: { type: 'integer' } } };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
      { name: 'Seen', type: 'string', jsonPath: '.status.seen' },
      { name: 'Hue', type: 'string', jsonPath: '.spec.hue', priority: 1 },
      { name: 'Until', type: 'date', jsonPath: '.spec.until' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
    schema: { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec, status } } },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: {
        plural: 'widgets',
        singular: 'widget',
        kind: 'Widget',
        listKind: 'WidgetList',
        shortNames: ['wdg'],
      },
      versions: [version],
    },
  };
}

const properties = {
  size: { type: 'integer', minimum: 0 },
  colour: { type: 'string', default: 'blue', enum: ['blue', 'red'] },
  hue: { type: 'string', nullable: true, default: 'light' },
  until: { type: 'string' },
  name: { type: 'string', maxLength: 3 },
  parts: {
    type: 'array',
    'x-kubernetes-list-type': 'set',
    maxItems: 3,
    items: { type: 'string', maxLength: 9 },
  },
  labels: { type: 'object', maxProperties: 3, additionalProperties: { type: 'string', maxLength: 9 } },
};

const rules = [
  { rule: '!has(self.size) || self.size != 13', message: 'size must not be 13', fieldPath: '.size' },
  { rule: "!has(self.labels) || !('role' in self.labels)", message: 'labels must not have role' },
  { rule: '!has(oldSelf.name) || (has(self.name) && self.name == oldSelf.name)', message: 'name is fixed' },
];

function widget(name: string, spec: object): Body {
  return { apiVersion: `${served.group}/v1`, kind: 'Widget', metadata: { name }, spec };
}

before(async () => {
  target = await openTarget();
  served = await serve(target, definition(properties, rules));
  widgets = served.objects;
  kind = `wdg.${served.group}`;
});
after(() => target.close());

describe('a custom resource that is created', () => {
  test('gets defaults, loses what is not known and what is null, and starts with generation 1 and no status', async () => {
    const sent = widget('made', { size: 1, colour: null, hue: null, until: null, unheard: { a: 1 } });
    const { status, body, headers } = await target.api.post(widgets, { ...sent, status: { seen: 1 } });
    assert.equal(status, 201);
    assert.deepEqual(body.spec, { size: 1, colour: 'blue', hue: null });
    assert.equal(body.metadata.generation, 1);
    assert.equal('status' in body, false);
    assert.match(String(headers.warning), /unknown field \\"spec\.unheard\\"/);
  });

  test('with an unknown field is refused where the writer asks for that', async () => {
    const path = `${widgets}?fieldValidation=Strict`;
    const { status, body } = await target.api.post(path, widget('strict', { unheard: 1 }));
    assert.equal(status, 400);
    assert.match(body.message, /strict decoding error: unknown field "spec\.unheard"/);
  });

  test('has to say what it is', async () => {
    const { status } = await target.api.post(widgets, { metadata: { name: 'nobody' }, spec: {} });
    assert.equal(status, 400);
  });

  for (const [title, spec, field] of [
    ['a wrong type', { size: 'x' }, 'spec.size'],
    ['a number out of range', { size: -1 }, 'spec.size'],
    ['an unknown value', { colour: 'green' }, 'spec.colour'],
    ['a text that is too long', { name: 'long' }, 'spec.name'],
    ['too many items', { parts: ['a', 'b', 'c', 'd'] }, 'spec.parts'],
    ['an item twice in a set', { parts: ['a', 'b', 'a'] }, 'spec.parts[2]'],
    ['a null in a list', { parts: [null] }, 'spec.parts[0]'],
    ['an entry of the wrong type', { labels: { a: 1 } }, 'spec.labels.a'],
    ['too many entries', { labels: { a: '', b: '', c: '', d: '' } }, 'spec.labels'],
    ['what a rule forbids', { labels: { role: 'x' } }, 'spec'],
    ['what a rule forbids at a field', { size: 13 }, 'spec.size'],
  ] as const) {
    test(`with ${title} is refused with 422 and the field`, async () => {
      const { status, body } = await target.api.post(widgets, widget('refused', spec));
      assert.equal(status, 422, JSON.stringify(body));
      assert.equal(body.reason, 'Invalid');
      assert.deepEqual(fieldsAtFault(body), [field]);
    });
  }

  test('that breaks a rule is told in the words of the rule', async () => {
    const { body } = await target.api.post(widgets, widget('refused', { size: 13 }));
    assert.match(body.message, /spec\.size: Invalid value: .*size must not be 13/);
  });

  test('of a wrong type is not held to its rules, which is said', async () => {
    const { body } = await target.api.post(widgets, widget('refused', { size: 'x', labels: { role: 'x' } }));
    assert.deepEqual(fieldsAtFault(body), ['spec.size']);
    assert.match(body.message, /some validation rules were not checked/);
  });
});

describe('a custom resource that is changed', () => {
  const current = async (name: string): Promise<Body> => (await target.api.get(`${widgets}/${name}`)).body;

  before(async () => {
    await target.api.post(widgets, widget('changing', { size: 1, name: 'one' }));
  });

  test('counts a generation for its spec, and none for metadata or status', async () => {
    const path = `${widgets}/changing`;
    const spec = await target.api.patch(path, 'merge', { spec: { size: 2 }, status: { seen: 9 } });
    assert.equal(spec.body.metadata.generation, 2);
    assert.equal('status' in spec.body, false);
    const labelled = await target.api.patch(path, 'merge', { metadata: { labels: { a: 'b' } } });
    assert.equal(labelled.body.metadata.generation, 2);
    const status = await target.api.patch(`${path}/status`, 'merge', {
      metadata: { labels: { a: 'c' } },
      spec: { size: 3 },
      status: { seen: 1, unheard: 2 },
    });
    assert.equal(status.status, 200, status.text);
    assert.equal(status.body.metadata.generation, 2);
    assert.deepEqual(
      [status.body.spec.size, status.body.status, status.body.metadata.labels.a],
      [2, { seen: 1 }, 'b'],
    );
  });

  test('has its status replaced whole by a JSON patch', async () => {
    const replaced = await target.api.patch(`${widgets}/changing/status`, 'json', [
      { op: 'add', path: '/status', value: {} },
    ]);
    assert.equal(replaced.status, 200, replaced.text);
    assert.deepEqual(replaced.body.status, {});
    const again = [{ op: 'add', path: '/status', value: { seen: 2 } }];
    assert.deepEqual((await target.api.patch(`${widgets}/changing/status`, 'json', again)).body.status, {
      seen: 2,
    });
  });

  test('has its status replaced by a JSON patch that carries a version only where that is the newest', async () => {
    const path = `${widgets}/changing`;
    const replace = (version: string, seen: number) =>
      target.api.patch(`${path}/status`, 'json', [
        { op: 'replace', path: '/metadata/resourceVersion', value: version },
        { op: 'add', path: '/status', value: { seen } },
      ]);
    const { resourceVersion: old } = (await target.api.get(path)).body.metadata;
    assert.equal((await replace(old, 3)).status, 200);
    const refused = await replace(old, 4);
    assert.deepEqual([refused.status, refused.body.reason], [409, 'Conflict']);
    assert.deepEqual((await target.api.get(path)).body.status, { seen: 3 });
  });

  test('has a status of the wrong type refused', async () => {
    const { status, body } = await target.api.patch(`${widgets}/changing/status`, 'merge', {
      status: { seen: 'x' },
    });
    assert.equal(status, 422);
    assert.deepEqual(fieldsAtFault(body), ['status.seen']);
  });

  test('is held to a rule about changes', async () => {
    const { status, body } = await target.api.patch(`${widgets}/changing`, 'merge', {
      spec: { name: 'two' },
    });
    assert.equal(status, 422);
    assert.match(body.message, /name is fixed/);
    assert.equal((await target.api.patch(`${widgets}/changing`, 'merge', { spec: { size: 4 } })).status, 200);
  });

  test('by PUT needs its resourceVersion, and by strategic merge patch is not changed at all', async () => {
    const { metadata, spec } = await current('changing');
    const { resourceVersion, ...unconditional } = metadata;
    const put = (given: object) =>
      target.api.put(`${widgets}/changing`, { ...widget('changing', spec), metadata: given });
    assert.equal((await put(unconditional)).status, 422);
    assert.equal((await put({ ...unconditional, resourceVersion })).status, 200);
    assert.equal((await target.api.patch(`${widgets}/changing`, 'strategic-merge', { spec })).status, 415);
  });

  test('is seen on a watch, change by change', async () => {
    const { metadata } = (await target.api.get(widgets)).body;
    const watch = await target.api.watch(`${widgets}?resourceVersion=${metadata.resourceVersion}`);
    await target.api.post(widgets, widget('watched', { size: 1 }));
    await target.api.patch(`${widgets}/watched/status`, 'merge', { status: { seen: 1 } });
    await target.api.delete(`${widgets}/watched`);
    const events = [await watch.next(), await watch.next(), await watch.next()];
    watch.stop();
    assert.deepEqual(
      events.map(({ type, object }) => [type, object.metadata.name, object.status?.seen]),
      [
        ['ADDED', 'watched', undefined],
        ['MODIFIED', 'watched', 1],
        ['DELETED', 'watched', 1],
      ],
    );
  });
});

describe('kubectl and a custom resource', () => {
  test('get by its short name shows the columns of its definition', async () => {
    await target.api.post(widgets, widget('shown', { size: 7 }));
    const narrow = await target.kubectl.ok(['get', kind, 'shown']);
    assert.match(narrow, /^NAME +SIZE +SEEN +UNTIL +AGE\nshown +7 +\d+s\n$/);
    await target.api.patch(`${widgets}/shown/status`, 'merge', { status: { seen: 3 } });
    const wide = await target.kubectl.ok(['get', kind, 'shown', '-o', 'wide']);
    assert.match(wide, /^NAME +SIZE +SEEN +HUE +UNTIL +AGE\nshown +7 +3 +light +\d+s\n$/);
  });

  test('apply, server-side apply, annotate and delete change it', async () => {
    const json = (size: number) => JSON.stringify(widget('applied', { size }));
    const { kubectl } = target;
    assert.match(await kubectl.ok(['apply', '-f', '-'], json(1)), /widget\S* created|applied created/);
    assert.match(await kubectl.ok(['apply', '-f', '-'], json(2)), /configured/);
    const serverSide = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    assert.match(await kubectl.ok(serverSide, json(3)), /serverside-applied/);
    assert.match(await kubectl.ok(['annotate', kind, 'applied', 'a=b']), /annotated/);
    assert.equal(await kubectl.ok(['get', kind, 'applied', '-o', 'jsonpath={.spec.size}']), '3');
    assert.match(await kubectl.refused(['apply', '-f', '-'], json(13)), /size must not be 13/);
    assert.match(await kubectl.ok(['delete', kind, 'applied']), /deleted/);
  });
});

describe('a definition', () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const place = 'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0]';
  const broken = (rule: string): Body => {
    const made = definition(properties, [{ rule }]);
    const group = `broken.${served.group}`;
    return { ...made, metadata: { name: `widgets.${group}` }, spec: { ...made.spec, group } };
  };

  for (const [title, rule] of [
    ['does not parse', 'self.size =='],
    ['speaks of what there is not', 'unheard.size == 1'],
    ['is no question', "'yes'"],
  ] as const) {
    test(`with a rule that ${title} is refused, by its place`, async () => {
      const { status, body } = await target.api.post(definitions, broken(rule));
      assert.equal(status, 422);
      // Where all versions have one schema it is told of that one.
      assert.deepEqual(new Set(fieldsAtFault(body)), new Set([`${place}.rule`]));
    });
  }

  test('that becomes stricter is not held against what an update leaves alone', async () => {
    await target.api.post(widgets, widget('ratcheted', { size: 100, colour: 'red' }));
    const stricter = definition({ ...properties, size: { type: 'integer', maximum: 9 } }, [
      { rule: "!has(self.colour) || self.colour != 'red'", message: 'red is over' },
    ]);
    await redefine(target, served, stricter, widget('refused', { size: 10 }));
    const path = `${widgets}/ratcheted`;
    assert.equal(
      (await target.api.patch(path, 'merge', { metadata: { annotations: { a: 'b' } } })).status,
      200,
    );
    assert.equal((await target.api.patch(`${path}/status`, 'merge', { status: { seen: 1 } })).status, 200);
    const touched = await target.api.patch(path, 'merge', { spec: { until: 'x' } });
    assert.equal(touched.status, 422, touched.text);
    assert.match(touched.body.message, /red is over/);
    assert.doesNotMatch(touched.body.message, /spec\.size/);
    assert.equal((await target.api.patch(path, 'merge', { spec: { colour: 'blue' } })).status, 200);
  });
});
