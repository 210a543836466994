import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { shortenReadiness } from './overlay.ts';

const verbatim = readFileSync(
  new URL('../../../examples/hapod/hapod_replicaset.yaml', import.meta.url),
  'utf8',
);

test("the overlay changes the ancestor's readiness delay and nothing else", () => {
  const overlay = shortenReadiness(verbatim, 1);
  assert.deepEqual(overlay.delaysBefore, [30]);
  assert.equal(overlay.text, verbatim.replace('initialDelaySeconds: 30', 'initialDelaySeconds: 1'));
});

test('a manifest without a longer delay comes back as it was', () => {
  const short = verbatim.replace('initialDelaySeconds: 30', 'initialDelaySeconds: 1');
  assert.deepEqual(shortenReadiness(short, 1), { text: short, delaysBefore: [] });
});
