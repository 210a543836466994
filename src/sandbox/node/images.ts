/**
 * Owns the one table of images that the sandbox knows, each mapped to commands of this machine.
 * Must not start anything. An image that is not in it cannot be pulled, and its pod says so (ErrImagePull).
 */
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';

export interface Image {
  /** ENTRYPOINT and CMD, in names inside the image. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Files inside the image, by absolute path, and what stands for them here; every other name is the machine's. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
}

export type Images = ReadonlyMap<string, Image>;

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Node runs the project's TypeScript sources as they are. */
const runsSource = (path: string, ...parameters: readonly string[]) => [
  execPath,
  fromRoot(path),
  ...parameters,
];

function singleProgram(name: string, command: readonly string[]): Image {
  return { command: [name], args: [], programs: { [name]: command } };
}

/** Waits for nothing, and ends at once on a signal, as the real one does. */
const pauseCommand = ['/bin/sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait; done'];

const builtIn: Readonly<Record<string, Image>> = {
  'mygoudpsrv:v1': singleProgram('/usr/bin/goudps', runsSource('examples/hapod/programs/udp-server.ts')),
  'lchook:v1': singleProgram('/usr/bin/lifecycle', runsSource('examples/hapod/programs/lifecycle.ts')),
  'icr:v1': singleProgram(
    '/usr/bin/icr',
    runsSource('src/cli/main.ts', 'controller', '--adopt', 'app=hapod'),
  ),
  understudy: singleProgram('/usr/bin/understudy', runsSource('src/cli/main.ts')),
  nginx: singleProgram('/usr/sbin/nginx', runsSource('src/sandbox/node/programs/web-server.ts')),
  busybox: { command: [], args: ['sh'], programs: {} },
  pause: singleProgram('/pause', pauseCommand),
};

/** The built-in table with entries added, or replaced, by image name. */
export function createImages(extra: Readonly<Record<string, Image>> = {}): Images {
  return new Map(
    Object.entries({ ...builtIn, ...extra }).map(([name, image]) => [canonicalName(name), image]),
  );
}

export function findImage(images: Images, name: string): Image | undefined {
  const canonical = canonicalName(name);
  return images.get(canonical) ?? images.get(`${repositoryOf(canonical)}:latest`);
}

/** "nginx" is "docker.io/library/nginx:latest" (distribution/reference ParseDockerRef). */
export function canonicalName(name: string): string {
  const [withoutDigest = ''] = name.split('@');
  const path = withoutDigest.includes('/') ? withoutDigest : `library/${withoutDigest}`;
  const first = path.slice(0, path.indexOf('/'));
  const full = /[.:]|^localhost$/.test(first) ? path : `docker.io/${path}`;
  return full.lastIndexOf(':') > full.lastIndexOf('/') ? full : `${full}:latest`;
}

function repositoryOf(canonical: string): string {
  return canonical.slice(0, canonical.lastIndexOf(':'));
}
