import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../api-error.ts';
import { isJsonObject, type Json } from '../json.ts';
import { objectSchema } from '../schemas/schema.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('a merge patch', () => {
  /** RFC 7386, appendix A. */
  const examples: [target: string, patch: string, result: string][] = [
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ];
  for (const [target, patch, result] of examples) {
    test(`${patch} on ${target} gives ${result}`, () => {
      assert.deepEqual(
        applyMergePatch(JSON.parse(target) as Json, JSON.parse(patch) as Json),
        JSON.parse(result),
      );
    });
  }

  test('applied twice gives what it gives once, and leaves its target alone', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify(target);
        const once = applyMergePatch(target, patch);
        assert.deepEqual(applyMergePatch(once, patch), once);
        assert.equal(JSON.stringify(target), before);
      }),
    );
  });
});

describe('a JSON patch', () => {
  test('is applied as a whole or not at all', () => {
    const target = { metadata: { labels: { role: 'standby' } } };
    const operations = [
      { op: 'replace', path: '/metadata/labels/role', value: 'active' },
      { op: 'test', path: '/metadata/labels/role', value: 'standby' },
    ];
    assert.throws(
      () => applyJsonPatch(target, operations),
      (error) => error instanceof ApiError && error.code === 422,
    );
    assert.deepEqual(target, { metadata: { labels: { role: 'standby' } } });
  });

  test('reads ~1 as a slash', () => {
    const operations = [{ op: 'add', path: '/metadata/annotations/example.com~1told', value: '7' }];
    const patched = applyJsonPatch({ metadata: { annotations: {} } }, operations);
    assert.deepEqual(patched, { metadata: { annotations: { 'example.com/told': '7' } } });
  });

  test('that is none is refused: 400', () => {
    for (const patch of [
      {},
      null,
      [7],
      [{ op: 'add', path: 'a', value: 1 }],
      [{ op: 'add', path: '/a' }],
      [{ op: 'move', path: '/a' }],
    ]) {
      assert.throws(
        () => applyJsonPatch({}, patch),
        (error) => error instanceof ApiError && error.code === 400,
        JSON.stringify(patch),
      );
    }
  });
});

describe('a strategic merge patch', () => {
  const pod = objectSchema('Pod');
  const patched = (target: Json, patch: Json) => applyStrategicMergePatch(pod, target, patch);

  test('joins lists by the identity of their items, new ones first', () => {
    const target = {
      spec: {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'y', env: [{ name: 'E', value: '1' }] },
        ],
      },
    };
    const patch = {
      spec: {
        containers: [
          { name: 'b', env: [{ name: 'F', value: '2' }] },
          { name: 'c', image: 'z' },
        ],
      },
    };
    assert.deepEqual(patched(target, patch), {
      spec: {
        containers: [
          { name: 'a', image: 'x' },
          {
            name: 'b',
            image: 'y',
            env: [
              { name: 'F', value: '2' },
              { name: 'E', value: '1' },
            ],
          },
          { name: 'c', image: 'z' },
        ],
      },
    });
  });

  test('replaces lists whose items have none', () => {
    const target = { spec: { tolerations: [{ key: 'a' }] } };
    assert.deepEqual(patched(target, { spec: { tolerations: [{ key: 'b' }] } }), {
      spec: { tolerations: [{ key: 'b' }] },
    });
  });

  test('takes items away with $patch: delete, whole lists with $patch: replace', () => {
    const target = { spec: { containers: [{ name: 'a' }, { name: 'b' }] } };
    const deleting = { spec: { containers: [{ name: 'a', $patch: 'delete' }] } };
    assert.deepEqual(patched(target, deleting), { spec: { containers: [{ name: 'b' }] } });
    const replacing = { spec: { containers: [{ $patch: 'replace' }, { name: 'c' }] } };
    assert.deepEqual(patched(target, replacing), { spec: { containers: [{ name: 'c' }] } });
  });

  test('puts items in the order of $setElementOrder', () => {
    const target = { spec: { containers: [{ name: 'a' }, { name: 'b' }] } };
    const patch = {
      spec: {
        '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }, { name: 'a' }],
        containers: [{ name: 'c' }],
      },
    };
    assert.deepEqual(patched(target, patch), {
      spec: { containers: [{ name: 'c' }, { name: 'b' }, { name: 'a' }] },
    });
  });

  test('joins finalizers, and takes some away when told to', () => {
    const target = { metadata: { finalizers: ['a/1', 'a/2'] } };
    assert.deepEqual(patched(target, { metadata: { finalizers: ['a/2', 'a/3'] } }), {
      metadata: { finalizers: ['a/1', 'a/2', 'a/3'] },
    });
    assert.deepEqual(patched(target, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/1'] } }), {
      metadata: { finalizers: ['a/2'] },
    });
  });

  test('of an item without its identity is refused', () => {
    const patch = { spec: { containers: [{ image: 'x' }] } };
    assert.throws(
      () => patched({ spec: { containers: [] } }, patch),
      /does not contain declared merge key: name/,
    );
  });

  test('without lists is a merge patch', () => {
    const flat = fc.dictionary(
      fc.constantFrom('labels', 'annotations', 'name'),
      fc.oneof(
        fc.constant(null),
        fc.string(),
        fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(fc.constant(null), fc.string())),
      ),
    );
    fc.assert(
      fc.property(flat, flat, (target, patch) => {
        const [left, right] = [
          JSON.parse(JSON.stringify({ metadata: target })) as Json,
          JSON.parse(JSON.stringify({ metadata: patch })) as Json,
        ];
        assert.ok(isJsonObject(left) && isJsonObject(right));
        assert.deepEqual(patched(left, right), applyMergePatch(left, right));
      }),
    );
  });
});
