import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './api-error.ts';
import { matchesFields, parseFieldSelector } from './field-selector.ts';
import { matchesLabels, parseLabelSelector, selectorOfObject } from './label-selector.ts';
import { resourceTypes } from './resource-types.ts';

const labels = { app: 'hapod', role: 'active', shard: '7' };

describe('a label selector', () => {
  const cases: [selector: string, matches: boolean][] = [
    ['', true],
    ['app=hapod', true],
    ['app==hapod,role=active', true],
    ['app = hapod , role = active', true],
    ['app=hapod,role=standby', false],
    ['role!=standby', true],
    ['missing!=x', true],
    ['app in (icr, hapod)', true],
    ['app notin (icr,hapod)', false],
    ['missing notin (x)', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['shard>6', true],
    ['shard<7', false],
    ['app>1', false],
    ['role=', false],
  ];
  for (const [selector, matches] of cases) {
    test(`${JSON.stringify(selector)} ${matches ? 'matches' : 'does not match'}`, () => {
      assert.equal(matchesLabels(parseLabelSelector(selector), labels), matches);
    });
  }

  test('that is none is refused with 400, never with anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z(),=!<> ]*$/)), (text) => {
        try {
          matchesLabels(parseLabelSelector(text), labels);
        } catch (error) {
          assert.ok(error instanceof ApiError && error.code === 400, String(error));
        }
      }),
    );
  });

  test('in object form joins labels and expressions', () => {
    const selector = {
      matchLabels: { app: 'hapod' },
      matchExpressions: [
        { key: 'role', operator: 'In', values: ['active'] },
        { key: 'gone', operator: 'DoesNotExist' },
      ],
    };
    assert.equal(matchesLabels(selectorOfObject(selector), labels), true);
    assert.equal(matchesLabels(selectorOfObject(selector), { ...labels, gone: '' }), false);
  });
});

describe('a field selector', () => {
  const pod = {
    metadata: { name: 'a', namespace: 'default' },
    spec: { nodeName: 'n' },
    status: { phase: 'Running' },
  };
  const cases: [selector: string, matches: boolean][] = [
    ['metadata.name=a', true],
    ['metadata.name!=a', false],
    ['spec.nodeName==n,status.phase!=Failed', true],
    ['spec.hostNetwork=false', true],
    ['status.podIP=', true],
  ];
  for (const [selector, matches] of cases) {
    test(`${selector} ${matches ? 'matches' : 'does not match'}`, () => {
      assert.equal(matchesFields(parseFieldSelector(resourceTypes.pods, selector), pod), matches);
    });
  }

  test('on a field that the kind does not offer is refused with 400', () => {
    assert.throws(
      () => parseFieldSelector(resourceTypes.pods, 'spec.colour=blue'),
      /field label not supported: spec\.colour/,
    );
    assert.throws(() => parseFieldSelector(resourceTypes.pods, 'nonsense'), ApiError);
  });

  test("finds events by what they are about, in either group's words", () => {
    const event = { involvedObject: { uid: 'u' }, source: { component: 'kubelet' } };
    assert.equal(
      matchesFields(parseFieldSelector(resourceTypes.events, 'involvedObject.uid=u,source=kubelet'), event),
      true,
    );
    assert.equal(
      matchesFields(parseFieldSelector(resourceTypes.eventsOfEventsGroup, 'regarding.uid=u'), event),
      true,
    );
  });
});
