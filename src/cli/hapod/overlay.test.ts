import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { shortenReadiness } from './overlay.ts';

const verbatim = readFileSync(
  new URL('../../../examples/hapod/hapod_replicaset.yaml', import.meta.url),
  'utf8',
);
const short = verbatim
  .replace('initialDelaySeconds: 30', 'initialDelaySeconds: 1')
  .replace('periodSeconds: 5', 'periodSeconds: 1');

test("the overlay changes the ancestor's readiness timing and nothing else", () => {
  const overlay = shortenReadiness(verbatim, { initialDelaySeconds: 1, periodSeconds: 1 });
  assert.deepEqual(overlay.before, { initialDelaySeconds: 30, periodSeconds: 5 });
  assert.equal(overlay.text, short);
});

test('a manifest that is quick enough comes back as it was', () => {
  const overlay = shortenReadiness(short, { initialDelaySeconds: 1, periodSeconds: 1 });
  assert.deepEqual(overlay, { text: short, before: {} });
});
