/**
 * Owns the docker-archive format: images with their names in one tar file, as `ctr images import` and `buildah pull`
 * take it. Layers that several images share are in it once.
 * Must not make layers nor decide what an image contains.
 */
import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../run-command.ts';
import {
  type ImageConfig,
  readImageConfig,
  readManifest,
  writeImageConfig,
  writeManifest,
} from './docker-archive-codec.ts';
import type { Layer } from './layer.ts';

export interface NamedImage {
  /** In full: docker.io/library/NAME:TAG. */
  readonly names: readonly string[];
  readonly config: ImageConfig;
  /** The lowest first. */
  readonly layers: readonly Layer[];
}

/** Layers must lie on the file system that `file` is to lie on. */
export async function writeDockerArchive(file: string, images: readonly NamedImage[]): Promise<void> {
  const staging = mkdtempSync(`${file}.`);
  try {
    const manifest = images.map(({ names, config, layers }) => {
      const text = writeImageConfig(config, layers);
      const configFile = `${createHash('sha256').update(text).digest('hex')}.json`;
      writeFileSync(path.join(staging, configFile), text);
      return { names, configFile, layerFiles: layers.map(({ digest }) => `${digest}.tar`) };
    });
    const layers = new Map(images.flatMap((image) => image.layers.map((layer) => [layer.digest, layer])));
    for (const [digest, layer] of layers) linkSync(layer.file, path.join(staging, `${digest}.tar`));
    writeFileSync(path.join(staging, 'manifest.json'), writeManifest(manifest));
    await runCommand(['tar', '-C', staging, '-cf', file, '.']);
  } finally {
    rmSync(staging, { recursive: true });
  }
}

/** Every image of the archive; their layers are unpacked into `folder`, which is made. */
export async function readDockerArchive(file: string, folder: string): Promise<readonly NamedImage[]> {
  mkdirSync(folder, { recursive: true });
  await runCommand(['tar', '-C', folder, '-xf', file]);
  const read = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  return readManifest(read('manifest.json')).map(({ names, configFile, layerFiles }) => {
    const { config, digests } = readImageConfig(read(configFile));
    const layers = layerFiles.map((name, index) => ({
      file: path.join(folder, name),
      digest: digests[index] ?? '',
    }));
    return { names, config, layers };
  });
}
