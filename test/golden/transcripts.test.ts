/*
 * Owns the golden transcripts of the decision: each file in scenarios/ is played and compared with itself.
 */
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { assertGolden } from '../golden.ts';
import { play } from './transcript.ts';

const folder = new URL('scenarios/', import.meta.url);

for (const name of readdirSync(folder).sort()) {
  test(`the decisions of "${name.replace('.txt', '').replaceAll('-', ' ')}" are as written down`, () => {
    const file = new URL(name, folder);
    assertGolden(file, play(readFileSync(file, 'utf8')));
  });
}
