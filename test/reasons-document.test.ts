/*
 * Owns docs/reasons.md: it is written from the catalogue, and differs from it in nothing.
 */
import test from 'node:test';
import { reasons } from '../src/core/reasons.ts';
import { assertGolden } from './golden.ts';

const head = `# Reasons

Every decision carries one of these codes and a sentence with the names and numbers of the case. Logs, Events and
metrics show the same code. This page is written from \`src/core/reasons.ts\`: \`npm test -- --update-golden\`.

| code | what it means | what you do |
|---|---|---|
`;

test('docs/reasons.md lists every reason, with what it means and what to do', () => {
  const rows = Object.entries(reasons).map(
    ([code, { means, next }]) => `| \`${code}\` | ${means} | ${next} |\n`,
  );
  assertGolden(new URL('../docs/reasons.md', import.meta.url), head + rows.join(''));
});
