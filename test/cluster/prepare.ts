/**
 * Owns the way from a machine that never saw it to a running cluster: what is needed, binaries, images, start.
 * Must not install anything on the machine.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { withInstallLock } from '../../scripts/install-lock.mjs';
import { buildBinaries } from './binaries.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import { buildImages } from './images/build-images.ts';
import { describeOwner, type Owner, standing } from './owner.ts';
import { cacheDirectory } from './paths.ts';
import { assertMachineIsFit } from './requirements.ts';

export interface PrepareOptions {
  readonly kind: Owner['kind'];
  readonly nodeMonitorGraceSeconds: number;
  /** kube-proxy's; undefined: its default, 1 s. */
  readonly minSyncPeriod?: string | undefined;
  readonly progress: { waiting(text: string): void };
  readonly signal?: AbortSignal | undefined;
}

export async function prepareAndStart(options: PrepareOptions): Promise<Cluster> {
  const { kind, nodeMonitorGraceSeconds, minSyncPeriod, progress, signal } = options;
  await assertMachineIsFit();
  // Said before minutes are spent on building.
  const found = standing();
  if (found.kind === 'owned')
    throw new ClusterError(`${describeOwner(found.owner)}: npm run cluster -- down`);
  const images = await prepare(options);
  return startCluster({
    kind,
    nodeMonitorGraceSeconds,
    minSyncPeriod,
    images,
    onStep: (text) => progress.waiting(text),
    signal,
  });
}

async function prepare({ progress, signal }: PrepareOptions): Promise<readonly string[]> {
  mkdirSync(cacheDirectory, { recursive: true });
  // Two at a time would build the same thing twice.
  await withInstallLock(cacheDirectory, () => buildBinaries({ progress, signal }), signal);
  const archives = await buildImages({
    cacheDirectory: path.join(cacheDirectory, 'images'),
    onProgress: (text) => progress.waiting(text),
    signal,
  });
  return archives.map(({ file }) => file);
}
