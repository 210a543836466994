import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlaps } from './network.ts';

const range = { network: '10.213.88.0', prefixLength: 24 };

test('a route of the host is in the way when it shares an address with the bridge', () => {
  for (const taken of ['10.213.88.0/24', '10.213.88.7', '10.213.88.128/25', '10.0.0.0/8', '10.213.0.0/16'])
    assert.equal(overlaps(taken, range), true, taken);
  for (const free of ['10.213.89.0/24', '192.168.0.0/16', '0.0.0.0/0', 'fe80::/64', '127.0.0.1'])
    assert.equal(overlaps(free, range), false, free);
});
