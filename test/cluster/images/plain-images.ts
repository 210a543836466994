/**
 * Owns the images that need no Node: pause, busybox, and what stands for nginx.
 * Must not name where they are written.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../run-command.ts';
import type { NamedImage } from './docker-archive.ts';
import type { ImageConfig } from './docker-archive-codec.ts';
import { type Ingredients, projectDirectory } from './fingerprint.ts';
import { packLayer } from './layer.ts';
import { busyboxPath, programPath } from './machine-programs.ts';
import { architecture, inFull } from './names.ts';

export function plainIngredients(): Ingredients {
  return { project: ['test/cluster/images/**'], machine: [programPath('busybox'), programPath('gcc')] };
}

/** Works in `folder`, which is empty; the layers stay there. */
export async function makePlainImages(folder: string): Promise<readonly NamedImage[]> {
  return Promise.all([
    compiled(folder, 'pause', { names: inFull('pause:1'), path: '/pause' }),
    // nginx itself ends its work in order on SIGQUIT, so that is what its image asks for.
    compiled(folder, 'web-server', {
      names: inFull('nginx:latest'),
      path: '/usr/sbin/nginx',
      stopSignal: 'SIGQUIT',
    }),
    busybox(folder),
  ]);
}

interface Program {
  readonly names: readonly string[];
  /** Its place in the image. */
  readonly path: string;
  readonly stopSignal?: string;
}

async function compiled(folder: string, name: string, program: Program): Promise<NamedImage> {
  const root = path.join(folder, name);
  const target = path.join(root, program.path);
  mkdirSync(path.dirname(target), { recursive: true });
  const source = path.join(projectDirectory, 'test/cluster/images/programs', `${name}.c`);
  await runCommand(['gcc', '-Os', '-static', '-s', '-o', target, source]);
  const layer = await packLayer(root, `${root}.tar`);
  const config: ImageConfig = {
    ...plainConfig(),
    entrypoint: [program.path],
    stopSignal: program.stopSignal ?? '',
  };
  return { names: program.names, config, layers: [layer] };
}

/** With each of its applets as a link, as in the image that has its name. */
async function busybox(folder: string): Promise<NamedImage> {
  const root = path.join(folder, 'busybox');
  layOutBusybox(root);
  const layer = await packLayer(root, `${root}.tar`);
  const config: ImageConfig = { ...plainConfig(), command: ['sh'] };
  return { names: inFull('busybox:latest', 'busybox:1.36'), config, layers: [layer] };
}

/** A shell and what belongs to it, of one file that needs no libraries. */
export function layOutBusybox(root: string): void {
  for (const name of ['bin', 'usr/bin', 'etc', 'tmp', 'var/tmp', 'root'])
    mkdirSync(path.join(root, name), { recursive: true });
  for (const name of ['tmp', 'var/tmp']) chmodSync(path.join(root, name), 0o1777);
  const busybox = busyboxPath();
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  copyFileSync(busybox, path.join(root, 'bin/busybox'));
  for (const applet of applets)
    if (applet !== 'busybox') symlinkSync('busybox', path.join(root, 'bin', applet));
  symlinkSync('../../bin/busybox', path.join(root, 'usr/bin/env'));
}

function plainConfig(): ImageConfig {
  return { architecture: architecture(), entrypoint: [], command: [], user: '', stopSignal: '' };
}
