/**
 * Owns where on this machine the programs are that images are made from.
 * Must not copy them.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { ClusterError } from '../cluster-error.ts';

/** @throws ClusterError */
export function programPath(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new ClusterError(`missing: ${name}`);
  return found;
}

/** @throws ClusterError where it needs libraries, which an image of it alone does not have */
export function busyboxPath(): string {
  const file = programPath('busybox');
  if (needsLoader(readFileSync(file)))
    throw new ClusterError(`${file} needs libraries: apt-get install busybox-static`);
  return file;
}

/** Whether one of an ELF file's program headers (64 bits, little endian) names an interpreter: elf(5), PT_INTERP. */
function needsLoader(elf: Buffer): boolean {
  const [start, size, count] = [
    Number(elf.readBigUInt64LE(0x20)),
    elf.readUInt16LE(0x36),
    elf.readUInt16LE(0x38),
  ];
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(start + index * size)).includes(3);
}

/** The folder of npm itself, with all that it needs but Node. */
export function npmFolder(): string {
  const running = process.env.npm_execpath;
  const isNpm = running !== undefined && path.basename(running) === 'npm-cli.js';
  return path.dirname(path.dirname(realpathSync(isNpm ? running : programPath('npm'))));
}
