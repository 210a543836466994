/*
 * Owns reading the imports of a TypeScript or JavaScript file. It reads text, so an import written in a comment
 * at the start of a line counts too; that errs on the strict side.
 */
import { lineOf } from './problem.ts';

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import type`, or braces in which every name is a type. */
  readonly typesOnly: boolean;
}

const fromClause = /^[ \t]*(?:import|export)\b([^'";]*?)\bfrom\s*['"]([^'"]+)['"]/gm;
const bareImport = /^[ \t]*import\s*['"]([^'"]+)['"]/gm;
const dynamicImport = /\bimport\(\s*['"]([^'"]+)['"]/g;

export function importsOf(text: string): Import[] {
  const withNames = [...text.matchAll(fromClause)].map(({ index, 1: names = '', 2: specifier = '' }) => ({
    specifier,
    line: lineOf(text, index),
    typesOnly: namesOnlyTypes(names),
  }));
  const withoutNames = [...text.matchAll(bareImport), ...text.matchAll(dynamicImport)].map(
    ({ index, 1: specifier = '' }) => ({ specifier, line: lineOf(text, index), typesOnly: false }),
  );
  return [...withNames, ...withoutNames];
}

function namesOnlyTypes(names: string): boolean {
  if (/^\s+type\b(?!\s*,)/.test(names)) return true;
  const braces = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  if (braces === undefined) return false;
  return braces
    .split(',')
    .filter((name) => name.trim() !== '')
    .every((name) => /^\s*type\s/.test(name));
}
