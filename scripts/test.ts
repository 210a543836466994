/*
 * Owns `npm test`: which files are tests that need no root and no cluster, and how node:test runs them.
 * Usage: npm test [-- FILES... FLAGS...]; flags go to node --test, `--update-golden` rewrites golden files.
 */
import { globSync } from 'node:fs';
import { runInPlace } from './child-process.mjs';

const everything = ['src/**/*.test.ts', 'sim/**/*.test.ts', 'test/**/*.test.ts'];
/** Tests that need a real cluster or root have their own command. */
const elsewhere = [
  'test/cluster/**/*.root.test.ts',
  'test/cluster/**/*.cluster.test.ts',
  'test/e2e/scenes/**',
];
/** Two for each of two cores: many files wait for processes, or for what a kubelet takes its time for. */
const concurrency = 4;
/** Per file; far above what any file takes, so that only a hung one meets it. */
const timeoutMs = 120_000;

const given = process.argv.slice(2);
const flags = given.filter((argument) => argument.startsWith('-') && argument !== '--update-golden');
const named = given.filter((argument) => !argument.startsWith('-'));
if (given.includes('--update-golden')) process.env.UPDATE_GOLDEN = '1';

await runInPlace(process.execPath, [
  '--test',
  '--test-reporter=spec',
  `--test-concurrency=${concurrency}`,
  `--test-timeout=${timeoutMs}`,
  ...flags,
  ...(named.length > 0 ? named : globSync(everything, { exclude: elsewhere }).sort()),
]);
