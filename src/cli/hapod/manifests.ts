/**
 * Owns where the ancestor's manifests lie, and a copy of them with an overlay.
 * Must not apply them.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ReadinessTiming, shortenReadiness } from './overlay.ts';

/** In the order in which the ancestor's steps create them (examples/hapod/README.md). */
const controllerFiles = ['icr_sa.yaml', 'icr_cr.yaml', 'icr_crb.yaml', 'icr_replicaset.yaml'];
const applicationFiles = ['hapod_replicaset.yaml', 'ha_service.yaml'];

const verbatimFolder = fileURLToPath(new URL('../../../examples/hapod/', import.meta.url));

export interface WrittenManifests {
  readonly files: readonly string[];
  /** Those of them that are the application's. */
  readonly applicationFiles: readonly string[];
  /** The readiness timing that the overlay has shortened. */
  readonly verbatim: Partial<ReadinessTiming>;
}

/** Writes the set, with pods that are Ready sooner, into `directory`/manifests. */
export async function writeOverlay(directory: string, timing: ReadinessTiming): Promise<WrittenManifests> {
  const folder = path.join(directory, 'manifests');
  await mkdir(folder);
  const files: string[] = [];
  let verbatim: Partial<ReadinessTiming> = {};
  for (const name of [...controllerFiles, ...applicationFiles]) {
    const overlay = shortenReadiness(await readFile(path.join(verbatimFolder, name), 'utf8'), timing);
    verbatim = { ...verbatim, ...overlay.before };
    const file = path.join(folder, name);
    await writeFile(file, overlay.text);
    files.push(file);
  }
  return { files, applicationFiles: files.slice(controllerFiles.length), verbatim };
}
