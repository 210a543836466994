/* Owns the test of the datagram that an application of the ancestor compares with. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { goActiveDatagram } from './notify.ts';

test("the datagram is the ancestor's, byte by byte, without a line's end", () => {
  assert.deepEqual([...Buffer.from(goActiveDatagram)], [...Buffer.from('GoActiveDuringFailover')]);
});
