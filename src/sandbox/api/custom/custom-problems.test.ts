import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom, SimulatedClock } from '../../../time/simulated-clock.ts';
import { ApiError } from '../api-error.ts';
import { resourceTypes } from '../resource-types.ts';
import { Store } from '../store.ts';
import type { StoredObject } from '../stored-object.ts';

const definitions = resourceTypes.customresourcedefinitions;

function definition(properties: object, root: object = {}): object {
  const openAPIV3Schema = {
    type: 'object',
    properties: {
      spec: { type: 'object', properties, ...root },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  return {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}

class Widgets {
  readonly store = new Store({ clock: new SimulatedClock(), random: new SeededRandom(1) });

  constructor(crd: object) {
    this.store.create(definitions, crd);
  }

  get type() {
    const type = this.store.types.byPath('example.com/v1', 'widgets');
    assert.ok(type !== undefined);
    return type;
  }

  create(spec: unknown): StoredObject {
    return this.store.create(this.type, { metadata: { name: 'a' }, spec });
  }

  patch(body: object, subresource?: 'status'): StoredObject {
    const options = subresource === undefined ? {} : { subresource };
    return this.store.patch(this.type, 'default', 'a', { type: 'merge', body }, options);
  }

  /** The definition as it is from now on. */
  redefine(crd: object): void {
    const { resourceVersion } = this.store.mustGet(definitions, undefined, 'widgets.example.com').metadata;
    const metadata = { name: 'widgets.example.com', resourceVersion };
    this.store.update(definitions, { ...crd, metadata });
  }
}

/** What a refusal says, as `field: message`. */
function refusal(write: () => unknown): readonly string[] {
  try {
    write();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.code, 422);
    return error.details?.causes?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  }
  return [];
}

describe('the words of a refusal are those of the API server:', () => {
  const widgets = new Widgets(
    definition(
      {
        size: { type: 'integer', minimum: 1, maximum: 9 },
        name: { type: 'string', minLength: 1, maxLength: 3, pattern: '^[a-z]*$' },
        colour: { type: 'string', enum: ['blue', 'red'] },
        on: { type: 'boolean' },
        parts: {
          type: 'array',
          minItems: 1,
          maxItems: 2,
          items: { type: 'string' },
          'x-kubernetes-list-type': 'set',
        },
        keyed: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
        },
        labels: {
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          additionalProperties: { type: 'string', maxLength: 3 },
        },
      },
      { required: ['size'] },
    ),
  );
  const cases: readonly (readonly [string, object, string])[] = [
    ['a missing field', {}, 'spec.size: Required value'],
    [
      'a text for a number',
      { size: 'x' },
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [
      'too small a number',
      { size: 0 },
      'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
    ],
    [
      'too large a number',
      { size: 10 },
      'spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9',
    ],
    [
      'no text',
      { size: 1, name: '' },
      'spec.name: Invalid value: "": spec.name in body should be at least 1 chars long',
    ],
    ['too long a text', { size: 1, name: 'ABCD' }, 'spec.name: Too long: may not be more than 3 bytes'],
    [
      'another pattern',
      { size: 1, name: 'A' },
      `spec.name: Invalid value: "A": spec.name in body should match '^[a-z]*$'`,
    ],
    [
      'another value',
      { size: 1, colour: 'green' },
      'spec.colour: Unsupported value: "green": supported values: "blue", "red"',
    ],
    [
      'too few items',
      { size: 1, parts: [] },
      'spec.parts: Invalid value: 0: spec.parts in body should have at least 1 items',
    ],
    [
      'too many items',
      { size: 1, parts: ['a', 'b', 'c'] },
      'spec.parts: Too many: 3: must have at most 2 items',
    ],
    ['an item twice in a set', { size: 1, parts: ['a', 'a'] }, 'spec.parts[1]: Duplicate value: "a"'],
    [
      'a key twice in a list that is a map',
      { size: 1, keyed: [{ id: 'a' }, { id: 'b' }, { id: 'a' }] },
      'spec.keyed[2]: Duplicate value: {"id":"a"}',
    ],
    [
      'too few entries',
      { size: 1, labels: {} },
      'spec.labels: Invalid value: 0: spec.labels in body should have at least 1 properties',
    ],
    [
      'too many entries',
      { size: 1, labels: { a: 'x', b: 'y' } },
      'spec.labels: Too many: 2: must have at most 1 item',
    ],
    [
      'a wrong entry',
      { size: 1, labels: { 'a/b.c': 'long' } },
      'spec.labels.a/b.c: Too long: may not be more than 3 bytes',
    ],
    [
      'a null in a list',
      { size: 1, parts: [null] },
      'spec.parts[0]: Invalid value: "null": spec.parts[0] in body must be of type string: "null"',
    ],
  ];
  for (const [title, spec, message] of cases)
    test(title, () =>
      assert.deepEqual(
        refusal(() => widgets.create(spec)),
        [message],
      ),
    );

  test('a fraction, twice', () => {
    assert.deepEqual(
      refusal(() => widgets.create({ size: 1.5 })),
      [
        'spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"',
        '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.size',
      ],
    );
  });

  test('everything at once', () => {
    assert.equal(refusal(() => widgets.create({ size: 0, colour: 'green', on: 'yes' })).length, 3);
  });
});

describe('what is not known or is null', () => {
  const widgets = new Widgets(
    definition({
      size: { type: 'integer' },
      colour: { type: 'string', default: 'blue' },
      hue: { type: 'string', nullable: true, default: 'light' },
      open: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { n: { type: 'integer' } },
      },
      inner: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
      list: {
        type: 'array',
        items: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
      },
    }),
  );
  test('is left out, but for what may be null, and where everything is kept', () => {
    const { spec } = widgets.create({
      size: null,
      colour: null,
      hue: null,
      unheard: 1,
      open: { any: null, n: null },
      list: [{ unheard: 2 }],
    });
    assert.deepEqual(spec, { colour: 'blue', hue: null, open: { any: null }, list: [{ on: true }] });
  });
});

describe('rules', () => {
  const rules = (...each: readonly object[]) => ({ 'x-kubernetes-validations': each });

  test('see types as the schema has them, maps by their keys, and say their message at their field', () => {
    const widgets = new Widgets(
      definition(
        {
          low: { type: 'integer' },
          high: { type: 'integer' },
          share: { type: 'number' },
          labels: {
            type: 'object',
            additionalProperties: { type: 'string' },
            ...rules(
              { rule: "!('role' in self)", message: 'no role' },
              { rule: "self.all(key, key.matches('^[a-z]+$'))", message: 'small letters' },
            ),
          },
          parts: {
            type: 'array',
            items: { type: 'string', ...rules({ rule: 'size(self) > 1', message: 'two letters' }) },
          },
        },
        rules(
          {
            rule: '!has(self.low) || !has(self.high) || self.low <= self.high',
            message: 'low first',
            fieldPath: '.low',
          },
          { rule: '!has(self.share) || self.share < 1.0' },
          {
            rule: '!has(self.low) || self.low != 13',
            messageExpression: "'not ' + string(self.low)",
            reason: 'FieldValueForbidden',
          },
        ),
      ),
    );
    assert.deepEqual(
      refusal(() => widgets.create({ low: 2, high: 1 })),
      ['spec.low: Invalid value: low first'],
    );
    assert.deepEqual(
      refusal(() => widgets.create({ share: 1 })),
      ['spec: Invalid value: failed rule: !has(self.share) || self.share < 1.0'],
    );
    assert.deepEqual(
      refusal(() => widgets.create({ low: 13 })),
      ['spec: Forbidden: not 13'],
    );
    assert.deepEqual(
      refusal(() => widgets.create({ labels: { role: 'x' } })),
      ['spec.labels: Invalid value: no role'],
    );
    assert.deepEqual(
      refusal(() => widgets.create({ labels: { A: 'x' } })),
      ['spec.labels: Invalid value: small letters'],
    );
    assert.deepEqual(
      refusal(() => widgets.create({ parts: ['ab', 'c'] })),
      ['spec.parts[1]: Invalid value: "c": two letters'],
    );
    widgets.create({ low: 1, high: 2, share: 0, labels: { a: 'x' }, parts: ['ab'] });
  });

  test('are not evaluated on what has no right type or size, which is said', () => {
    const widgets = new Widgets(
      definition({ size: { type: 'integer' } }, rules({ rule: 'self.size > 1', message: 'more' })),
    );
    const [mistyped, unchecked] = refusal(() => widgets.create({ size: 'x' }));
    assert.match(mistyped ?? '', /^spec\.size: Invalid value: "string"/);
    assert.match(unchecked ?? '', /^<nil>: Invalid value: null: some validation rules were not checked/);
    assert.match(
      refusal(() => widgets.create({}))[0] ?? '',
      /^spec: Invalid value: .* evaluating rule: more$/s,
    );
  });

  test('about changes hold from the second version on', () => {
    const fixed = rules({ rule: 'self == oldSelf', message: 'fixed' });
    const widgets = new Widgets(
      definition({
        size: { type: 'integer', ...fixed },
        parts: { type: 'object', properties: { a: { type: 'string' } } },
      }),
    );
    widgets.create({ size: 1 });
    assert.deepEqual(
      refusal(() => widgets.patch({ spec: { size: 2 } })),
      ['spec.size: Invalid value: 2: fixed'],
    );
    widgets.patch({ spec: { parts: { a: 'x' } } });
    widgets.patch({ spec: { size: null } });
    widgets.patch({ spec: { size: 5 } });
  });

  test('and schemas that came later are not held against what an update leaves alone', () => {
    const widgets = new Widgets(definition({ size: { type: 'integer' }, colour: { type: 'string' } }));
    widgets.create({ size: 100, colour: 'blue' });
    widgets.redefine(
      definition(
        { size: { type: 'integer', maximum: 9 }, colour: { type: 'string' } },
        rules({ rule: "self.colour != 'blue'", message: 'not blue' }),
      ),
    );
    widgets.patch({ metadata: { annotations: { a: 'b' } } });
    widgets.patch({ status: { any: 1 } }, 'status');
    widgets.patch({ spec: { colour: 'red' } });
    assert.deepEqual(
      refusal(() => widgets.patch({ spec: { colour: 'blue' } })),
      ['spec: Invalid value: not blue'],
    );
    assert.match(
      refusal(() => widgets.patch({ spec: { size: 99 } }))[0] ?? '',
      /^spec\.size: Invalid value: 99/,
    );
  });

  test('that this sandbox can not evaluate refuse the definition, by their place', () => {
    const place = 'spec.validation.openAPIV3Schema.properties[spec].properties[size]';
    const reasons = (...each: readonly object[]) =>
      refusal(() => new Widgets(definition({ size: { type: 'string', ...rules(...each) } })));
    for (const rule of [
      'self ==',
      'self.isSorted()',
      'unheard > 1',
      "quantity(self).isLessThan(quantity('1'))",
    ]) {
      const [reason = ''] = reasons({ rule: 'true' }, { rule });
      assert.ok(
        reason.startsWith(`${place}.x-kubernetes-validations[1].rule: Invalid value: `),
        `${rule}: ${reason}`,
      );
      assert.match(reason, /compilation failed/);
    }
    assert.match(reasons({ rule: 'size(self)' })[0] ?? '', /must evaluate to a bool/);
    assert.match(reasons({ rule: ' ' })[0] ?? '', /\.rule: Required value: rule is not specified/);
    assert.match(reasons({ rule: 'true', optionalOldSelf: true })[0] ?? '', /\.optionalOldSelf: Forbidden/);
  });
});
