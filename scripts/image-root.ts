/*
 * Owns the files of the image beside the program itself: this very Node with the libraries that it has loaded, and the
 * program's two names. Usage: node scripts/image-root.ts FOLDER, after bundle.ts FOLDER/usr/lib/understudy.
 * Must not name a library, a processor or a distribution: what Node has loaded is what it needs.
 */
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('understudy: image-root.ts needs the folder to write to\n');
  process.exit(2);
}

copy(process.execPath, '/usr/bin/node');
for (const library of loadedLibraries()) copy(library, library);
for (const name of ['understudy', 'icr']) {
  symlinkSync('../lib/understudy/understudy.cjs', path.join(folder, 'usr/bin', name));
}

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
  const target = path.join(folder ?? '', to);
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(from, target);
}
