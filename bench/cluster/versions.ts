/**
 * Owns what was measured with which versions and settings: asked from what runs, not from what should run.
 * Must not name the machine.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { asObject, items, type JsonObject, optionalObject, optionalString } from '../../src/kube/decode.ts';
import type { Cluster } from '../../test/cluster/cluster.ts';
import { commandOf } from '../../test/cluster/component.ts';
import { tryCommand } from '../../test/cluster/run-command.ts';

export interface Versions {
  readonly understudy: string;
  /** Of the checkout; undefined outside of one. */
  readonly commit: string | undefined;
  /** False: the cluster ran already, with the images of its start. */
  readonly ownCluster: boolean;
  readonly kubernetes: string;
  readonly containerRuntime: string;
  readonly kubeProxyMode: string;
  readonly kubeProxyMinSyncPeriod: string;
  /** How long a node may be silent. */
  readonly nodeMonitorGrace: string;
  readonly node: string;
}

export async function readVersions(cluster: Cluster, ownCluster: boolean): Promise<Versions> {
  const json = async (args: readonly string[]) => asObject(JSON.parse(await cluster.runKubectl(args)));
  const [node] = items(await json(['get', 'nodes', '--output=json']), 'items', '', (item) => item);
  const info = optionalObject(optionalObject(node, 'status', ''), 'nodeInfo', 'status');
  const mode = (await askKubeProxy(cluster, '/proxyMode')).trim();
  return {
    understudy: projectVersion(),
    commit: await commit(),
    ownCluster,
    kubernetes: optionalString(await json(['get', '--raw', '/version']), 'gitVersion', '') ?? 'unknown',
    containerRuntime: optionalString(info, 'containerRuntimeVersion', 'nodeInfo') ?? 'unknown',
    kubeProxyMode: mode,
    kubeProxyMinSyncPeriod: minSyncPeriod(
      asObject(JSON.parse(await askKubeProxy(cluster, '/configz'))),
      mode,
    ),
    nodeMonitorGrace: flagOf('kube-controller-manager', 'node-monitor-grace-period'),
    node: process.version,
  };
}

function projectVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return optionalString(asObject(JSON.parse(readFileSync(file, 'utf8'))), 'version', '') ?? 'unknown';
}

async function commit(): Promise<string | undefined> {
  const head = await tryCommand(['git', 'rev-parse', '--short', 'HEAD']);
  if (head.code !== 0) return undefined;
  const changes = await tryCommand([
    'git',
    'status',
    '--porcelain',
    '--',
    'src',
    'deploy',
    'package-lock.json',
  ]);
  return `${head.stdout.trim()}${changes.stdout === '' ? '' : ' with changes'}`;
}

const fetching = 'process.stdout.write(await (await fetch(process.argv[1])).text());';

/** On its node's loopback, where it tells about itself. */
async function askKubeProxy(cluster: Cluster, path: string): Promise<string> {
  const url = `http://127.0.0.1:10249${path}`;
  const child = cluster.spawnIn('node1', [process.execPath, '--input-type=module', '--eval', fetching, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new TypeError('what is to be read needs its stdout');
  return text(child.stdout);
}

function minSyncPeriod(configuration: JsonObject, mode: string): string {
  const [settings] = Object.values(configuration).map((value) => asObject(value));
  const ofMode = Object.entries(settings ?? {}).find(([name]) => name.toLowerCase() === mode)?.[1];
  const period = asObject(ofMode ?? {}).minSyncPeriod ?? asObject(ofMode ?? {}).MinSyncPeriod;
  return typeof period === 'string' ? period : 'unknown';
}

function flagOf(component: string, flag: string): string {
  const prefix = `--${flag}=`;
  return (
    commandOf(component)
      .find((word) => word.startsWith(prefix))
      ?.slice(prefix.length) ?? 'default'
  );
}

/** A sentence each. */
export function versionLines(versions: Versions): readonly string[] {
  const { understudy, commit, ownCluster, kubernetes, containerRuntime, node } = versions;
  const { kubeProxyMode, kubeProxyMinSyncPeriod, nodeMonitorGrace } = versions;
  const from = commit === undefined ? '' : ` (commit ${commit})`;
  const images = ownCluster ? '' : '; the cluster ran already, with the images of its start';
  return [
    `Understudy ${understudy}${from}, Node ${node}${images}.`,
    `Kubernetes ${kubernetes}, ${containerRuntime.replace('://', ' ')}, kube-proxy with ${kubeProxyMode} and minSyncPeriod ${kubeProxyMinSyncPeriod}, nodes lost after ${nodeMonitorGrace}.`,
  ];
}
