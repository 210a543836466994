/**
 * Owns what the conformance suite is run against: the sandbox, or a real cluster when UNDERSTUDY_CONFORMANCE_KUBECONFIG
 * names a kubeconfig. Must not know a single case: both kinds of target get the same ones.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { ApiClient, type Credentials } from './api-client.ts';
import { eventually } from './eventually.ts';
import { Kubectl } from './kubectl.ts';

export interface Target {
  readonly api: ApiClient;
  readonly kubectl: Kubectl;
  /** Made for this run; everything in it goes with it. */
  readonly namespace: string;
  /** Names the namespace too. */
  readonly kubeconfigPath: string;
  /**
   * A node that does not exist, another one each time: 40 s after a cluster has first seen a pod on one, it removes all
   * pods that are bound to that name (pod garbage collector).
   */
  nowhere(): string;
  /** What lies in no namespace and is to go with this one. */
  goesToo(path: string): void;
  close(): Promise<void>;
}

const clusterKubeconfig = process.env.UNDERSTUDY_CONFORMANCE_KUBECONFIG;

/** An image with `node`: the test bed's own, unless another is named. */
export const nodeImage = process.env.UNDERSTUDY_CONFORMANCE_NODE_IMAGE ?? 'mygoudpsrv:v1';

/** Options of a case that the sandbox can't take part in; the reason stands in the report of every run on it. */
export function onRealClusterOnly(reason: string): { readonly skip: string | false } {
  return { skip: clusterKubeconfig === undefined ? `real clusters only: ${reason}` : false };
}

/** One for each test file. */
export async function openTarget(): Promise<Target> {
  return clusterKubeconfig === undefined ? openSandbox() : openCluster(clusterKubeconfig);
}

/** More than the 10 s between two heartbeats of a node; the default is 50 s, and a case waits for it. */
const nodeGraceMs = 12_000;

async function openSandbox(): Promise<Target> {
  const node = { command: ['/usr/bin/node'], args: [], programs: { '/usr/bin/node': [process.execPath] } };
  const sandbox = await startSandbox({
    pleg: 'instant',
    nodeLifecycle: { graceMs: nodeGraceMs },
    images: { [nodeImage]: node },
  });
  try {
    return await inNamespace(sandbox.kubeconfigPath, { url: sandbox.url }, () => sandbox.close());
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

function openCluster(kubeconfig: string): Promise<Target> {
  return inNamespace(kubeconfig, credentialsOf(kubeconfig), () => Promise.resolve());
}

function kubectlPath(): string {
  const script = fileURLToPath(new URL('../../scripts/kubectl.sh', import.meta.url));
  try {
    return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  } catch (cause) {
    throw new Error('the conformance suite needs kubectl 1.31 or newer on PATH', { cause });
  }
}

async function inNamespace(
  kubeconfig: string,
  credentials: Credentials,
  close: () => Promise<void>,
): Promise<Target> {
  const api = new ApiClient(credentials);
  const namespace = `conformance-${process.pid}-${Math.floor(performance.timeOrigin) % 100_000}`;
  const created = await api.post('/api/v1/namespaces', { metadata: { name: namespace } });
  assert.equal(created.status, 201, created.text);
  // Without it no pod is let in (admission plugin ServiceAccount); a controller makes it, a moment later.
  await eventually(`the default ServiceAccount of ${namespace}`, async () => {
    const { status } = await api.get(`/api/v1/namespaces/${namespace}/serviceaccounts/default`);
    return status === 200 ? status : undefined;
  });
  const ownKubeconfig = path.join(tmpdir(), `${namespace}.kubeconfig`);
  const binary = kubectlPath();
  const flattened = execFileSync(binary, ['config', 'view', '--raw', '--minify', '--flatten'], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  writeFileSync(ownKubeconfig, flattened, { mode: 0o600 });
  const kubectl = new Kubectl(binary, ownKubeconfig);
  await kubectl.run(['config', 'set-context', '--current', `--namespace=${namespace}`]);
  let places = 0;
  const others: string[] = [];
  const target = {
    api,
    kubectl,
    namespace,
    kubeconfigPath: ownKubeconfig,
    nowhere: () => `${namespace}-nowhere-${++places}`,
    goesToo: (path: string) => others.push(path),
    close: async () => {
      // First what needs no answer: the cluster may have gone.
      rmSync(ownKubeconfig, { force: true });
      for (const other of others) await api.delete(other);
      const deleted = await api.delete(`/api/v1/namespaces/${namespace}`);
      api.close();
      await close();
      assert.ok([200, 202].includes(deleted.status), `the namespace is left behind: ${deleted.text}`);
    },
  };
  closeWhenInterrupted(target);
  return target;
}

/** Who breaks a run off leaves nothing of it in the cluster. */
function closeWhenInterrupted(target: Target): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(
      signal,
      () => void target.close().finally(() => process.exit(128 + constants.signals[signal])),
    );
  }
}

interface KubeconfigView {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** A token or a client certificate, as in most clusters for tests. */
function credentialsOf(kubeconfig: string): Credentials {
  const text = execFileSync(
    kubectlPath(),
    ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'],
    { encoding: 'utf8', env: { ...process.env, KUBECONFIG: kubeconfig } },
  );
  const view = JSON.parse(text) as KubeconfigView;
  const cluster = view.clusters[0]?.cluster ?? {};
  const user = view.users[0]?.user ?? {};
  const decoded = (data: string | undefined) =>
    data === undefined ? undefined : Buffer.from(data, 'base64');
  return {
    url: cluster.server ?? '',
    ca: decoded(cluster['certificate-authority-data']),
    certificate: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
    token: user.token,
  };
}
