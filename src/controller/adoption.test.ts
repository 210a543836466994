import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAdoption } from './adoption.ts';

function adopted(text: string) {
  const parsed = parseAdoption(text);
  assert.equal(parsed.kind, 'adoption', text);
  return parsed.adoption;
}

describe('adoption by label', () => {
  test("an application's own label names the singleton", () => {
    assert.deepEqual(adopted('app=hapod'), { selector: 'app=hapod', singletonName: 'hapod' });
  });

  test('only that one label: another one of the same value gives a name made of both', () => {
    assert.match(
      adopted('app.kubernetes.io/name=hapod').singletonName,
      /^app-kubernetes-io-name-hapod-[0-9a-f]{8}$/,
    );
  });

  test('the order of the labels does not change the name', () => {
    assert.deepEqual(adopted('tier=feed,app=hapod'), adopted('app=hapod, tier=feed'));
  });

  test('selectors that read alike get different names', () => {
    assert.notEqual(adopted('Feed=a').singletonName, adopted('feed=a').singletonName);
    assert.match(adopted('Feed=a').singletonName, /^feed-a-[0-9a-f]{8}$/);
  });

  test('every name is fit to be part of a Lease name', () => {
    const long = `${'k'.repeat(63)}=${'V'.repeat(63)}`;
    for (const text of ['app=A_b', long, 'example.com/app=x', 'a=b,c=d,e=f']) {
      assert.match(adopted(text).singletonName, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
  });

  test('a bad selector is refused with what is wrong about it', () => {
    const bad = {
      app: /KEY=VALUE/,
      'app=': /KEY=VALUE/,
      'a=b,,c=d': /KEY=VALUE/,
      'role=active': /role/,
      'a=b,a=c': /twice/,
      'app=a b': /KEY=VALUE/,
    };
    for (const [text, message] of Object.entries(bad)) {
      const parsed = parseAdoption(text);
      assert.equal(parsed.kind, 'invalid', text);
      assert.match(parsed.message, message);
    }
  });
});
