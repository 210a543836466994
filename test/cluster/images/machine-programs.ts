/**
 * Owns where on this machine the programs are that images are made from.
 * Must not copy them.
 */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { ClusterError } from '../cluster-error.ts';

/** @throws ClusterError */
export function programPath(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new ClusterError(`missing: ${name}`);
  return found;
}

/** The folder of npm itself, with all that it needs but Node. */
export function npmFolder(): string {
  const running = process.env.npm_execpath;
  const isNpm = running !== undefined && path.basename(running) === 'npm-cli.js';
  return path.dirname(path.dirname(realpathSync(isNpm ? running : programPath('npm'))));
}
