/** The list of mistakes fits the source as it is: one that does not proves nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mutated } from './mutation.ts';
import { mutations } from './mutations.ts';
import { otherChances } from './other-chances.ts';

test('each mistake of the list stands exactly once where it says, and has a name of its own', () => {
  for (const mutation of [...mutations, ...otherChances]) {
    const text = readFileSync(new URL(`../../${mutation.file}`, import.meta.url), 'utf8');
    assert.notEqual(mutated(text, mutation), text);
  }
  const names = mutations.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});
