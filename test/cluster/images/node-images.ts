/**
 * Owns the images that need Node: Understudy's own, by deploy/Dockerfile, and the sample programs on its layer of Node.
 * Must not differ from what a user builds but in the base image, which is made from this machine's files.
 */
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { makeBaseImage } from './base-image.ts';
import { Buildah } from './buildah.ts';
import { type NamedImage, readDockerArchive } from './docker-archive.ts';
import { type Ingredients, projectDirectory } from './fingerprint.ts';
import { packLayer } from './layer.ts';
import { npmFolder } from './machine-programs.ts';
import { inFull } from './names.ts';
import { writeNpmSettings } from './npm-settings.ts';
import { layOutBusybox } from './plain-images.ts';

export interface NodeImagesOptions {
  /** An empty folder to work in; the layers stay there. */
  readonly folder: string;
  /** What buildah keeps from one build to the next. */
  readonly storage: string;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** As in .dockerignore: who works on the sandbox or the demo does not wait for an image. */
const copied = [
  'scripts/{bundle,node-runtime}.ts',
  'src/{time,api,core,wire,kube,controller}/**',
  'src/cli/*.ts',
];

export function nodeIngredients(): Ingredients {
  const context = ['.dockerignore', 'package.json', 'package-lock.json', 'deploy/Dockerfile', ...copied];
  return {
    project: [...context, 'examples/hapod/programs/*', 'test/cluster/images/**'],
    machine: [process.execPath, path.join(npmFolder(), 'package.json')],
  };
}

export async function makeNodeImages(options: NodeImagesOptions): Promise<readonly NamedImage[]> {
  const understudy = await buildDockerfile(options);
  const { version } = JSON.parse(readFileSync(path.join(projectDirectory, 'package.json'), 'utf8'));
  return [
    { ...understudy, names: inFull('understudy:dev', `understudy:${version}`, 'icr:v1') },
    await sample(options.folder, understudy, {
      program: 'udp-server',
      path: '/usr/bin/goudps',
      name: 'mygoudpsrv:v1',
    }),
    await sample(options.folder, understudy, {
      program: 'lifecycle',
      path: '/usr/bin/lifecycle',
      name: 'lchook:v1',
    }),
  ];
}

async function buildDockerfile({
  folder,
  storage,
  onProgress,
  signal,
}: NodeImagesOptions): Promise<NamedImage> {
  const base = await makeBaseImage(path.join(folder, 'base'));
  const npm = await writeNpmSettings(path.join(folder, 'npmrc'));
  const buildah = await Buildah.open(storage, signal);
  const archive = path.join(folder, 'understudy.tar');
  const name = 'localhost/understudy:dev';
  try {
    onProgress('building the image of deploy/Dockerfile');
    await buildah.pull(base.archive);
    await buildah.build({
      dockerfile: path.join(projectDirectory, 'deploy/Dockerfile'),
      context: projectDirectory,
      arguments: { BASE: base.name },
      secrets: { npmrc: npm.file },
      volumes: npm.volumes,
      name,
    });
    await buildah.push(name, archive);
  } finally {
    buildah.close();
  }
  const [image] = await readDockerArchive(archive, path.join(folder, 'understudy'));
  if (image === undefined) throw new TypeError('buildah wrote an archive without an image');
  return image;
}

interface Sample {
  /** Its name in examples/hapod/programs. */
  readonly program: string;
  /** Its place in the image, which is its entry point too: not every manifest gives a command. */
  readonly path: string;
  readonly name: string;
}

async function sample(folder: string, { config, layers }: NamedImage, sample: Sample): Promise<NamedImage> {
  const [nodeLayer] = layers;
  if (nodeLayer === undefined) throw new TypeError('the image of deploy/Dockerfile has no layer');
  const root = path.join(folder, sample.program);
  const file = path.join(root, sample.path);
  await build({
    entryPoints: [path.join(projectDirectory, `examples/hapod/programs/${sample.program}.ts`)],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    banner: { js: '#!/usr/bin/node' },
    logLevel: 'warning',
  });
  chmodSync(file, 0o755);
  // People look around in them, and `touch /tmp/killme` is how the critical one is told to crash.
  layOutBusybox(root);
  const layer = await packLayer(root, `${root}.tar`);
  return {
    names: inFull(sample.name),
    config: { ...config, user: '', entrypoint: [sample.path] },
    layers: [nodeLayer, layer],
  };
}
