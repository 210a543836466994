/*
 * Owns the files that a program for Node needs in an image: this very Node, and the libraries that it has loaded.
 * Usage: node scripts/node-runtime.ts FOLDER. Must not name a library, a processor or a distribution.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const [folder = ''] = process.argv.slice(2);
if (folder === '') {
  process.stderr.write('understudy: node-runtime.ts needs the folder to write to\n');
  process.exit(2);
}

copy(process.execPath, '/usr/bin/node');
for (const library of loadedLibraries()) copy(library, library);

/** With the loader, without the kernel's own, which is no file. */
function loadedLibraries(): readonly string[] {
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('sharedObjects' in report)) return [];
  const { sharedObjects } = report;
  if (!Array.isArray(sharedObjects)) return [];
  return sharedObjects.filter((file): file is string => typeof file === 'string' && path.isAbsolute(file));
}

/** Follows links: the path by which the loader finds a file is what counts. */
function copy(from: string, to: string): void {
  const target = path.join(folder, to);
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(from, target);
}
