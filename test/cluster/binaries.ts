/**
 * Owns the cluster's binaries: built from the Go modules pinned here, kept outside the checkout by what they are pinned to.
 * Must not fetch anything but Go modules, and must not leave a folder that is half built.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { limits } from './limits.ts';
import { cacheDirectory, kubernetesModules, runtimeModules } from './paths.ts';
import { runCommand } from './run-command.ts';

export interface Progress {
  /** What is being done now, replaced by the next. */
  waiting(text: string): void;
}

export interface BuildOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** Where the binaries of these pins are, or will be. */
export function binariesDirectory(): string {
  const pins = createHash('sha256');
  for (const folder of [kubernetesModules, runtimeModules])
    for (const file of ['go.mod', 'go.sum']) pins.update(readFileSync(path.join(folder, file)));
  return path.join(cacheDirectory, `binaries-${pins.digest('hex').slice(0, 16)}`);
}

export function kubernetesVersion(): string {
  const pinned = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(
    readFileSync(path.join(kubernetesModules, 'go.mod'), 'utf8'),
  );
  if (pinned?.[1] === undefined)
    throw new TypeError('kubernetes/go.mod pins no version of k8s.io/kubernetes');
  return pinned[1];
}

export function areBuilt(): boolean {
  return existsSync(binariesDirectory());
}

/** The folder with them. The first time takes minutes. */
export async function buildBinaries({ progress, signal }: BuildOptions): Promise<string> {
  const folder = binariesDirectory();
  if (areBuilt()) return folder;
  mkdirSync(cacheDirectory, { recursive: true });
  const unfinished = mkdtempSync(`${folder}.`);
  try {
    await buildModule(kubernetesModules, unfinished, versionFlags(), { progress, signal });
    await buildModule(runtimeModules, unfinished, '', { progress, signal });
    mkdirSync(path.join(unfinished, 'cni'));
    for (const plugin of ['bridge', 'host-local', 'loopback'])
      renameSync(path.join(unfinished, plugin), path.join(unfinished, 'cni', plugin));
    // The module's folder has this name, and so has what Go makes of it.
    renameSync(path.join(unfinished, 'server'), path.join(unfinished, 'etcd'));
    putInPlace(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** In one step; who was faster has built the same. */
function putInPlace(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function versionFlags(): string {
  const version = kubernetesVersion();
  const [major = '', minor = ''] = version.replace('v', '').split('.');
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ');
}

async function buildModule(
  cwd: string,
  output: string,
  linkerFlags: string,
  options: BuildOptions,
): Promise<void> {
  const { progress, signal } = options;
  let packages = 0;
  const startedAt = performance.now();
  const name = path.basename(cwd);
  // -v names each package that is compiled, once it is: what comes from Go's cache is not named.
  const onStderr = (text: string) => {
    packages += text.split('\n').filter((line) => line !== '' && !line.startsWith('go: ')).length;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    progress.waiting(
      `building ${name} from Go modules, minutes the first time: ${packages} packages, ${seconds} s`,
    );
  };
  onStderr('');
  const timeout = AbortSignal.timeout(limits.buildMs);
  await runCommand(
    ['go', 'build', '-v', '-trimpath', '-ldflags', `-s -w ${linkerFlags}`, '-o', `${output}/`, 'tool'],
    {
      cwd,
      // The host's own Go, or a clear word that it is too old: never another one fetched on the way.
      env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      onStderr,
    },
  );
}
