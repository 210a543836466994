import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeGoActive, encodeGoActive } from './notify.ts';

describe('the notice that a member is active now', () => {
  test('starts with the word that the ancestor sent', () => {
    assert.equal(
      encodeGoActive({ epoch: 7, incarnation: 'uid-1/main=0123456789ab' }),
      'GoActiveDuringFailover epoch=7 incarnation=uid-1/main=0123456789ab',
    );
  });

  test('is read back as it was written', () => {
    const notice = { epoch: 57, incarnation: 'uid-1/a=1,b=2' };
    assert.deepEqual(decodeGoActive(encodeGoActive(notice)), notice);
  });

  test("the ancestor's bare word is a notice without an epoch", () => {
    assert.deepEqual(decodeGoActive('GoActiveDuringFailover\n'), { epoch: 0, incarnation: '' });
  });

  test('anything else is not a notice', () => {
    for (const text of [
      '',
      'GoActive',
      'GoActiveDuringFailover epoch=-1',
      'GoActiveDuringFailover epoch=x',
    ]) {
      assert.equal(decodeGoActive(text), undefined, text);
    }
  });
});
