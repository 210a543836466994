/**
 * Owns the base image of deploy/Dockerfile where no registry has one: this machine's Node, npm and a shell.
 * Must not reach the image that is built: nothing but Node and its libraries is copied from it.
 */
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ClusterError } from '../cluster-error.ts';
import { runCommand } from '../run-command.ts';
import { writeDockerArchive } from './docker-archive.ts';
import { projectDirectory } from './fingerprint.ts';
import { packLayer } from './layer.ts';
import { npmFolder } from './machine-programs.ts';
import { architecture } from './names.ts';
import { layOutBusybox } from './plain-images.ts';

/** Older C libraries load these, for names of hosts, only when they are asked for one. */
const nameServices = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'];

export interface BaseImage {
  /** A docker-archive. */
  readonly archive: string;
  readonly name: string;
}

/** @throws ClusterError where this Node is too old to be the one of the image */
export async function makeBaseImage(folder: string): Promise<BaseImage> {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) < 24) throw new ClusterError(`the image needs Node 24, and this is ${node}`);
  const root = path.join(folder, 'root');
  layOutBusybox(root);
  await runCommand([process.execPath, path.join(projectDirectory, 'scripts/node-runtime.ts'), root]);
  for (const library of nameServices) copyBesideLibc(library, root);
  const npm = path.join(root, 'usr/lib/node_modules/npm');
  mkdirSync(path.dirname(npm), { recursive: true });
  cpSync(npmFolder(), npm, { recursive: true, verbatimSymlinks: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(root, 'usr/bin/npm'));
  writeFileSync(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  const layer = await packLayer(root, path.join(folder, 'root.tar'));
  const name = `localhost/node-of-this-machine:${node}`;
  const archive = path.join(folder, 'base.tar');
  const config = { architecture: architecture(), entrypoint: [], command: [], user: '', stopSignal: '' };
  await writeDockerArchive(archive, [{ names: [name], config, layers: [layer] }]);
  return { archive, name };
}

function copyBesideLibc(library: string, root: string): void {
  for (const folder of [
    `/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
    '/lib64',
    '/lib',
  ]) {
    const file = path.join(folder, library);
    if (!existsSync(file)) continue;
    cpSync(file, path.join(root, file), { dereference: true });
    return;
  }
}
