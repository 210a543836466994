/*
 * Owns golden files: texts that a test's result must equal, kept beside the tests and reviewed as a diff.
 * `npm test -- --update-golden` (UPDATE_GOLDEN=1) writes them anew; continuous integration never does.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The settings that decide between comparing and rewriting; the process's environment unless a test says otherwise. */
export interface GoldenMode {
  readonly UPDATE_GOLDEN?: string | undefined;
  readonly CI?: string | undefined;
}

/** Passes when the file at `file` holds exactly `actual`; fails with the difference, or when there is no such file. */
export function assertGolden(file: URL, actual: string, mode: GoldenMode = process.env): void {
  const expected = read(file);
  if (expected === actual) return;
  const name = path.relative(process.cwd(), fileURLToPath(file));
  if (mode.UPDATE_GOLDEN === '1') {
    assert.notEqual(
      mode.CI,
      'true',
      `golden file ${name} differs, and continuous integration does not rewrite it`,
    );
    mkdirSync(path.dirname(fileURLToPath(file)), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  const how = 'npm test -- --update-golden writes it; then review the diff';
  assert.ok(expected !== undefined, `golden file ${name} is missing: ${how}`);
  assert.equal(actual, expected, `golden file ${name} differs (${how}):\n${difference(expected, actual)}`);
}

function read(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The first line that differs, with its number; the whole is in the assertion. */
function difference(expected: string, actual: string): string {
  const was = expected.split('\n');
  const is = actual.split('\n');
  const index = is.findIndex((line, number) => line !== was[number]);
  const first = index === -1 ? is.length : index;
  return `  line ${first + 1} is   ${show(is[first])}\n  expected ${show(was[first])}`;
}

function show(line: string | undefined): string {
  return line === undefined ? '(the end)' : JSON.stringify(line);
}
