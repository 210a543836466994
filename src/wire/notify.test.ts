/* Owns the test of what applications are sent, byte by byte: they parse it, or compare it as a whole. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Epoch } from '../core/identity.ts';
import { encodeDatagram, encodeNotice, goActiveDatagram, type RoleNotice } from './notify.ts';

const active: RoleNotice = {
  role: 'active',
  epoch: 57 as Epoch,
  singleton: 'trading/feed',
  pod: 'feed-x2v9p',
};
const standby: RoleNotice = { ...active, role: 'standby' };

test("the datagram is the ancestor's, byte by byte, without a line's end", () => {
  assert.deepEqual([...Buffer.from(goActiveDatagram)], [...Buffer.from('GoActiveDuringFailover')]);
  assert.equal(encodeDatagram('ancestor', active), goActiveDatagram);
});

test('the ancestor has no word for standby: nothing is sent', () => {
  assert.equal(encodeDatagram('ancestor', standby), undefined);
});

test('the JSON is one object of role, epoch, singleton and pod, the same in a datagram and in a POST', () => {
  const text = '{"role":"active","epoch":57,"singleton":"trading/feed","pod":"feed-x2v9p"}';
  assert.equal(encodeNotice(active), text);
  assert.equal(encodeDatagram('json', active), text);
  assert.equal(encodeDatagram('json', standby), text.replace('active', 'standby'));
});

test('nothing else that a caller carries along gets into it', () => {
  assert.equal(encodeNotice({ ...active, secret: 'x' } as RoleNotice), encodeNotice(active));
});
