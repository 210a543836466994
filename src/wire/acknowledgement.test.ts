import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Epoch } from '../core/identity.ts';
import { readAcknowledgement } from './acknowledgement.ts';
import { limits } from './limits.ts';
import { encodeNotice, type RoleNotice } from './notify.ts';

const notice: RoleNotice = {
  role: 'active',
  epoch: 57 as Epoch,
  singleton: 'trading/feed',
  pod: 'feed-x2v9p',
};
const read = (answer: string) => readAcknowledgement(answer, notice);

describe("an application's answer", () => {
  test('acknowledges by the epoch alone, as a program or a shell prints it', () => {
    for (const answer of ['57', '57\n', ' 57\r\n']) assert.deepEqual(read(answer), { kind: 'acknowledged' });
  });

  test('acknowledges by a JSON object with the epoch, whatever else it says', () => {
    for (const answer of ['{"epoch":57}', '{"ok":true,"epoch":57,"load":[1,2]}\n', encodeNotice(notice)])
      assert.deepEqual(read(answer), { kind: 'acknowledged' });
  });

  test('with another epoch is no acknowledgement, and says which one it was', () => {
    assert.deepEqual(read('56'), { kind: 'wrong-epoch', epoch: 56 });
    assert.deepEqual(read('{"epoch":58}'), { kind: 'wrong-epoch', epoch: 58 });
    assert.deepEqual(read('0'), { kind: 'wrong-epoch', epoch: 0 });
  });

  test('about another role is no acknowledgement, though the epoch is right', () => {
    assert.equal(read('{"role":"standby","epoch":57}').kind, 'garbage');
    assert.equal(read('{"role":null,"epoch":57}').kind, 'garbage');
  });

  test('that is anything else is garbage', () => {
    const answers = [
      '',
      ' ',
      'ok',
      '057',
      '+57',
      '57.0',
      '5 7',
      '0x39',
      '57;',
      '"57"',
      '[57]',
      'null',
      '{}',
      '{',
    ];
    const objects = ['{"epoch":"57"}', '{"epoch":57.5}', '{"epoch":null}', '{"Epoch":57}', '[{"epoch":57}]'];
    for (const answer of [...answers, ...objects]) assert.equal(read(answer).kind, 'garbage', answer);
  });

  test('that is oversized is garbage, even if it holds the epoch', () => {
    const most = `57${' '.repeat(limits.acknowledgementCharactersMax - 2)}`;
    assert.equal(read(most).kind, 'acknowledged');
    assert.deepEqual(read(`${most} `), { kind: 'garbage', because: 'its answer is too large' });
  });

  test('whatever it is, is read without an exception, and acknowledges only if the epoch stands in it', () => {
    const json = fc.json();
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), json), (answer) => {
        if (read(answer).kind === 'acknowledged') assert.match(answer, /57/);
      }),
    );
  });

  test('may echo the longest notice that there is', () => {
    const longest = { ...notice, singleton: `${'n'.repeat(63)}/${'s'.repeat(253)}`, pod: 'p'.repeat(253) };
    assert.equal(readAcknowledgement(encodeNotice(longest), longest).kind, 'acknowledged');
  });
});
