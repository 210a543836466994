/*
 * Owns the step between the errors in the sources and docs/errors.md: every code stands in both, or in neither.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import test from 'node:test';

const root = new URL('../', import.meta.url);

/** `readonly code = 'X'` of an error class, and the members of a union `…ErrorCode`. */
function codesIn(source: string): readonly string[] {
  const constants = [...source.matchAll(/readonly code = '([A-Z0-9_]+)'/g)].map(([, code = '']) => code);
  const unions = [...source.matchAll(/type \w*ErrorCode =([^;]*);/g)].map(([, members = '']) => members);
  const members = unions.flatMap((union) =>
    [...union.matchAll(/'([A-Z0-9_]+)'/g)].map(([, code = '']) => code),
  );
  return [...constants, ...members];
}

function codesOfSources(): ReadonlySet<string> {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  return new Set(files.flatMap((file) => codesIn(readFileSync(new URL(file, root), 'utf8'))));
}

function codesOfDocument(): ReadonlySet<string> {
  const text = readFileSync(new URL('docs/errors.md', root), 'utf8');
  return new Set([...text.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code = '']) => code));
}

test('every code that an error can carry stands in docs/errors.md', () => {
  const known = codesOfDocument();
  assert.deepEqual(
    [...codesOfSources()].filter((code) => !known.has(code)),
    [],
  );
});

test('docs/errors.md lists no code that no error carries', () => {
  const existing = codesOfSources();
  assert.deepEqual(
    [...codesOfDocument()].filter((code) => !existing.has(code)),
    [],
  );
});

test('a code is found in a class and in a union', () => {
  assert.deepEqual(codesIn("type FooErrorCode =\n  | 'A_B'\n  | 'C';\nclass X { readonly code = 'D'; }"), [
    'D',
    'A_B',
    'C',
  ]);
});
