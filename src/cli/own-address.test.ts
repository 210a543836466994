import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAddress } from './own-address.ts';

const loopback = [{ address: '127.0.0.1', internal: true }];

test('a pod is reached by the address of its own interface, whatever the family', () => {
  assert.equal(ownAddress({ lo: loopback, eth0: [{ address: '10.1.0.7', internal: false }] }), '10.1.0.7');
  const linkLocal = { address: 'fe80::1', internal: false };
  const routed = { address: 'fd00::7', internal: false };
  assert.equal(ownAddress({ lo: loopback, eth0: [linkLocal, routed] }), 'fd00::7');
});

test('a machine without a network has no such address', () => {
  assert.equal(ownAddress({ lo: loopback, eth0: undefined }), undefined);
});
