/**
 * Owns the fingerprint of what images are made from: the project's files by their content, the machine's by their date.
 * Must not build anything.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectDirectory = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ingredients {
  /** Patterns, from the project's root. */
  readonly project: readonly string[];
  /** Programs and libraries of this machine, by path. */
  readonly machine: readonly string[];
}

export function fingerprintOf({ project, machine }: Ingredients): string {
  const hash = createHash('sha256').update(process.arch);
  const files = globSync(project, {
    cwd: projectDirectory,
    exclude: ['**/*.test.ts', '**/*.md'],
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) {
    hash.update(`\0${path.relative(projectDirectory, file)}\0`);
    hash.update(readFileSync(file));
  }
  for (const file of machine) hash.update(`\0${file} ${stampOf(file)}`);
  return hash.digest('hex').slice(0, 16);
}

function stampOf(file: string): string {
  const { size, mtimeMs } = statSync(realpathSync(file));
  return `${size} ${mtimeMs}`;
}
