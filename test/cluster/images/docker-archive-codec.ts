/**
 * Owns the two JSON documents of a docker-archive: its manifest, and each image's configuration (the OCI image
 * specification's config.md). Pure. Must not read or write files.
 */
import type { Layer } from './layer.ts';

export interface ImageConfig {
  /** Go's name of the processor: amd64, arm64. */
  readonly architecture: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** "" is root. */
  readonly user: string;
  /** "" is SIGTERM. */
  readonly stopSignal: string;
}

export function writeImageConfig(config: ImageConfig, layers: readonly Pick<Layer, 'digest'>[]): string {
  const { architecture, entrypoint, command, user, stopSignal } = config;
  return JSON.stringify({
    created: '1970-01-01T00:00:00Z',
    architecture,
    os: 'linux',
    config: {
      ...(user === '' ? {} : { User: user }),
      ...(stopSignal === '' ? {} : { StopSignal: stopSignal }),
      ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
      ...(command.length === 0 ? {} : { Cmd: command }),
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    },
    // buildah refuses layers that no step stands for.
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'understudy' })),
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
  });
}

interface RawConfig {
  readonly architecture: string;
  readonly config?: {
    readonly User?: string;
    readonly StopSignal?: string;
    readonly Entrypoint?: readonly string[];
    readonly Cmd?: readonly string[];
  };
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** The digests are those of the layers, the lowest first. */
export function readImageConfig(raw: unknown): { config: ImageConfig; digests: readonly string[] } {
  const { architecture, config = {}, rootfs } = raw as RawConfig;
  const { User = '', StopSignal = '', Entrypoint = [], Cmd = [] } = config;
  return {
    config: { architecture, user: User, stopSignal: StopSignal, entrypoint: Entrypoint, command: Cmd },
    digests: rootfs.diff_ids.map((id) => id.replace(/^sha256:/, '')),
  };
}

interface RawManifestEntry {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** One entry an image: the files that it consists of. */
export interface ManifestEntry {
  readonly names: readonly string[];
  readonly configFile: string;
  /** The lowest first. */
  readonly layerFiles: readonly string[];
}

export function writeManifest(entries: readonly ManifestEntry[]): string {
  const raw: readonly RawManifestEntry[] = entries.map(({ names, configFile, layerFiles }) => ({
    Config: configFile,
    RepoTags: names,
    Layers: layerFiles,
  }));
  return JSON.stringify(raw);
}

export function readManifest(raw: unknown): readonly ManifestEntry[] {
  return (raw as readonly RawManifestEntry[]).map(({ Config, RepoTags, Layers }) => ({
    names: RepoTags ?? [],
    configFile: Config,
    layerFiles: Layers,
  }));
}
