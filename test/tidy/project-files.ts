/*
 * Owns finding and reading the project's own text files. What git ignores by .gitignore is not the project's.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceFile } from './problem.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const notOurs = new Set(['.git', 'node_modules', 'coverage', 'dist']);
const notOurFiles = /^\.install-lock|\.(log|tmp)$|^\.DS_Store$/;

/** Every text file of the project, in order of its path. */
export function projectFiles(): SourceFile[] {
  return walk('').flatMap((relative) => {
    const bytes = readFileSync(path.join(root, relative));
    return bytes.includes(0) ? [] : [{ path: relative, text: bytes.toString('utf8') }];
  });
}

function walk(folder: string): string[] {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  return entries
    .filter(({ name }) => !notOurs.has(name) && !notOurFiles.test(name))
    .flatMap((entry) => {
      const relative = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return walk(relative);
      return entry.isFile() ? [relative] : [];
    })
    .sort();
}
