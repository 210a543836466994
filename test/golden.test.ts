import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { assertGolden } from './golden.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'golden-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const golden = (name: string) => pathToFileURL(path.join(folder, name));

test('a text equal to its golden file passes, in any mode', () => {
  writeFileSync(golden('equal'), 'a\n');
  for (const mode of [{}, { UPDATE_GOLDEN: '1', CI: 'true' }]) assertGolden(golden('equal'), 'a\n', mode);
});

test('a text that differs fails and names the first line', () => {
  writeFileSync(golden('differs'), 'a\nb\n');
  assert.throws(() => assertGolden(golden('differs'), 'a\nc\n', {}), /line 2 is +"c"\n +expected "b"/);
});

test('a missing golden file fails unless golden files are being written', () => {
  assert.throws(() => assertGolden(golden('new/file'), 'a\n', {}), /is missing: npm test -- --update-golden/);
  assertGolden(golden('new/file'), 'a\n', { UPDATE_GOLDEN: '1' });
  assert.equal(readFileSync(golden('new/file'), 'utf8'), 'a\n');
});

test('continuous integration never rewrites a golden file', () => {
  writeFileSync(golden('kept'), 'a\n');
  assert.throws(
    () => assertGolden(golden('kept'), 'b\n', { UPDATE_GOLDEN: '1', CI: 'true' }),
    /does not rewrite/,
  );
  assert.equal(readFileSync(golden('kept'), 'utf8'), 'a\n');
});
