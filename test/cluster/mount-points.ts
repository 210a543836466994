/**
 * Owns the empty folders that the nodes mount their own over: made where the host lacks them, and taken away again.
 * Must not remove a folder that it did not make, nor one that has something in it.
 */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { statePaths } from './paths.ts';

export function makeMountPoints(folders: readonly string[]): void {
  const missing = folders.flatMap(missingPartsOf);
  // Written down first: whatever comes after can be undone.
  writeFileSync(statePaths.mountPoints, JSON.stringify(missing));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
}

/** The folder and those above it that do not exist, the innermost first. */
function missingPartsOf(folder: string): readonly string[] {
  return existsSync(folder) ? [] : [folder, ...missingPartsOf(path.dirname(folder))];
}

export function removeMountPoints(): void {
  if (!existsSync(statePaths.mountPoints)) return;
  const made = JSON.parse(readFileSync(statePaths.mountPoints, 'utf8')) as readonly string[];
  for (const folder of made) {
    try {
      rmdirSync(folder);
    } catch {
      // Somebody uses it by now, or it has gone with another one.
    }
  }
}
