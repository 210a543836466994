/**
 * Owns one layer of an image: a tar file and its digest. The same files give the same layer, whenever and by whom.
 * Must not know what is in it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { runCommand } from '../run-command.ts';

export interface Layer {
  /** An uncompressed tar file. */
  readonly file: string;
  /** Of the tar file, as hexadecimal SHA-256. */
  readonly digest: string;
}

/** Packs what is in the folder, as root's, with no time on it. */
export async function packLayer(folder: string, file: string): Promise<Layer> {
  const neutral = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];
  await runCommand(['tar', ...neutral, '-C', folder, '-cf', file, '--', ...readdirSync(folder).toSorted()]);
  return { file, digest: await digestOf(file) };
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
