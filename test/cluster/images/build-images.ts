/**
 * Owns the test bed's images: made from this checkout and this machine, without a registry, and kept by what they are
 * made from. Must not import them into a cluster.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { withInstallLock } from '../../../scripts/install-lock.mjs';
import { runCommand } from '../run-command.ts';
import { type NamedImage, writeDockerArchive } from './docker-archive.ts';
import { fingerprintOf, type Ingredients } from './fingerprint.ts';
import { makeNodeImages, type NodeImagesOptions, nodeIngredients } from './node-images.ts';
import { makePlainImages, plainIngredients } from './plain-images.ts';

/** A docker-archive: `ctr --namespace k8s.io images import --local FILE`. */
export interface ImageArchive {
  readonly file: string;
  /** Every image in it, in full: docker.io/library/NAME:TAG. */
  readonly names: readonly string[];
}

export interface BuildImagesOptions {
  /** Archives and build steps are kept here, some 600 MB. */
  readonly cacheDirectory: string;
  /** One line for each thing that takes time. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Group {
  readonly name: string;
  readonly ingredients: () => Ingredients;
  readonly make: (options: NodeImagesOptions) => Promise<readonly NamedImage[]>;
}

/** What shares layers is in one group, and so in one archive. */
const groups: readonly Group[] = [
  { name: 'plain', ingredients: plainIngredients, make: ({ folder }) => makePlainImages(folder) },
  { name: 'node', ingredients: nodeIngredients, make: makeNodeImages },
];

/** Of each group: who goes back and forth between two branches builds each of them once. */
const archivesKeptMax = 3;
/** Steps of old builds are only ever added to; beyond this, the next build begins anew. */
const storageBytesMax = 4e9;

/** The archives with all images. Rejects with a ClusterError, whose message is for a person. */
export async function buildImages(options: BuildImagesOptions): Promise<readonly ImageArchive[]> {
  const { cacheDirectory } = options;
  mkdirSync(cacheDirectory, { recursive: true });
  const archives: ImageArchive[] = [];
  for (const group of groups) {
    const folder = path.join(cacheDirectory, `${group.name}-${fingerprintOf(group.ingredients())}`);
    if (!existsSync(folder))
      await withInstallLock(cacheDirectory, () => buildGroup(group, folder, options), options.signal);
    archives.push(readArchive(folder));
  }
  return archives;
}

/** `folder` comes into being when all is in it. */
async function buildGroup(group: Group, folder: string, options: BuildImagesOptions): Promise<void> {
  // Looked at again under the lock: whoever held it may have built the very same.
  if (existsSync(folder)) return;
  const { cacheDirectory, onProgress = () => undefined, signal } = options;
  const storage = path.join(cacheDirectory, 'buildah');
  await boundStorage(storage);
  const unfinished = mkdtempSync(path.join(cacheDirectory, '.unfinished-'));
  try {
    const work = path.join(unfinished, 'work');
    mkdirSync(work);
    const images = await group.make({ folder: work, storage, onProgress, signal });
    const names = images.flatMap((image) => image.names);
    onProgress(`writing ${names.map((name) => path.basename(name)).join(', ')}`);
    await writeDockerArchive(path.join(unfinished, archiveFile), images);
    writeFileSync(path.join(unfinished, namesFile), JSON.stringify(names));
    rmSync(work, { recursive: true });
    renameSync(unfinished, folder);
  } finally {
    // A program that was ended by the signal may write its last while this goes on.
    rmSync(unfinished, { recursive: true, force: true, maxRetries: 10 });
  }
  removeOld(cacheDirectory, group.name);
}

const archiveFile = 'images.tar';
const namesFile = 'names.json';

function readArchive(folder: string): ImageArchive {
  const names = JSON.parse(readFileSync(path.join(folder, namesFile), 'utf8')) as readonly string[];
  return { file: path.join(folder, archiveFile), names };
}

/** Of this group, and what a build that was killed has left. */
function removeOld(cacheDirectory: string, group: string): void {
  const entries = readdirSync(cacheDirectory).map((name) => path.join(cacheDirectory, name));
  const ofGroup = entries
    .filter((entry) => path.basename(entry).startsWith(`${group}-`))
    .toSorted((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs);
  const unfinished = entries.filter((entry) => path.basename(entry).startsWith('.unfinished-'));
  for (const entry of [...ofGroup.slice(archivesKeptMax), ...unfinished]) rmSync(entry, { recursive: true });
}

async function boundStorage(storage: string): Promise<void> {
  if (!existsSync(storage)) return;
  const kilobytes = Number.parseInt(await runCommand(['du', '-sk', storage]), 10);
  if (kilobytes * 1024 > storageBytesMax) rmSync(storage, { recursive: true });
}
