/**
 * Owns what the test bed needs of the machine, and says what is missing: each in one line, with where to get it.
 * Must not install anything.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { areBuilt } from './binaries.ts';
import { ClusterError } from './cluster-error.ts';
import { limits } from './limits.ts';
import { cacheDirectory, kubernetesModules, runtimeModules, stateDirectory } from './paths.ts';
import { tryCommand } from './run-command.ts';

interface Tool {
  readonly program: string;
  /** Debian's name of the package that has it. */
  readonly debianPackage: string;
}

const tools: readonly Tool[] = [
  { program: 'runc', debianPackage: 'runc' },
  { program: 'nft', debianPackage: 'nftables' },
  { program: 'conntrack', debianPackage: 'conntrack' },
  { program: 'ip', debianPackage: 'iproute2' },
  { program: 'ss', debianPackage: 'iproute2' },
  { program: 'iptables', debianPackage: 'iptables' },
  { program: 'sysctl', debianPackage: 'procps' },
  { program: 'mount', debianPackage: 'mount' },
  { program: 'openssl', debianPackage: 'openssl' },
  { program: 'unshare', debianPackage: 'util-linux' },
  { program: 'nsenter', debianPackage: 'util-linux' },
  { program: 'buildah', debianPackage: 'buildah' },
  { program: 'busybox', debianPackage: 'busybox-static' },
  { program: 'gcc', debianPackage: 'gcc libc6-dev' },
];

/** @throws ClusterError with a line for each thing that is missing */
export async function assertMachineIsFit(): Promise<void> {
  if (process.platform !== 'linux')
    throw new ClusterError(`the cluster needs Linux, and this is ${process.platform}`);
  if (process.getuid?.() !== 0)
    throw new ClusterError('the cluster needs root: for namespaces, mounts and routes');
  const problems = [...missingTools(tools), ...(await goProblems()), ...spaceProblems()];
  if (problems.length > 0) throw new ClusterError(problems.join('\n'));
}

/** Of Debian, for what is missing here; as apt-get takes them. */
export function missingPackages(): readonly string[] {
  return packagesOf(missingOf(tools));
}

/** One line for all of them, ready to be typed. */
export function missingTools(needed: readonly Tool[]): readonly string[] {
  const missing = missingOf(needed);
  if (missing.length === 0) return [];
  const names = missing.map(({ program }) => program).join(', ');
  return [`missing: ${names}; apt-get install ${packagesOf(missing).join(' ')}`];
}

function packagesOf(missing: readonly Tool[]): readonly string[] {
  return [...new Set(missing.flatMap(({ debianPackage }) => debianPackage.split(' ')))];
}

function missingOf(needed: readonly Tool[]): readonly Tool[] {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return needed.filter(({ program }) => !folders.some((folder) => isExecutable(path.join(folder, program))));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Go is needed for what is not built yet, and only for that. */
async function goProblems(): Promise<readonly string[]> {
  if (areBuilt()) return [];
  const needed = [kubernetesModules, runtimeModules].map(pinnedGo).toSorted(compareVersions).at(-1) ?? '';
  const found = await installedGo();
  if (found === undefined)
    return [`missing: go; install Go ${needed} or newer (Debian: golang-go, where it is new enough)`];
  return compareVersions(found, needed) < 0 ? [`Go ${found} is too old: ${needed} or newer is needed`] : [];
}

function pinnedGo(modules: string): string {
  return /^go (\S+)$/m.exec(readFileSync(path.join(modules, 'go.mod'), 'utf8'))?.[1] ?? '';
}

async function installedGo(): Promise<string | undefined> {
  try {
    const { stdout } = await tryCommand(['go', 'env', 'GOVERSION'], {
      env: { ...process.env, GOTOOLCHAIN: 'local' },
    });
    return /^go(\d+\.\d+(\.\d+)?)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Of versions `1.26` and `1.26.6` the first is older, as 1.26.0 is. */
export function compareVersions(left: string, right: string): number {
  const parts = (version: string) => version.split('.').map(Number);
  const [leftParts, rightParts] = [parts(left), parts(right)];
  for (const index of [0, 1, 2]) {
    const difference = (leftParts[index] ?? 0) - (rightParts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function spaceProblems(): readonly string[] {
  mkdirSync(cacheDirectory, { recursive: true });
  return [
    ...(areBuilt() ? [] : spaceProblem(cacheDirectory, limits.buildBytesFree, 'to build Kubernetes')),
    ...spaceProblem(path.dirname(stateDirectory), limits.stateBytesFree, 'to run the cluster'),
  ];
}

function spaceProblem(folder: string, bytes: number, purpose: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const inGigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
  return free >= bytes
    ? []
    : [`${folder}: ${inGigabytes(free)} free, ${inGigabytes(bytes)} are needed ${purpose}`];
}
