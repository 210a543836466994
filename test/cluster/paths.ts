/**
 * Owns where the test bed keeps things: what was built outlives it, everything else goes with it.
 * Must not create anything.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const cacheHome = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');

/** Outside the checkout: a fresh clone finds what another one has built. */
export const cacheDirectory = path.join(cacheHome, 'understudy', 'cluster');

/**
 * One place on the machine, whoever asks: whose folder this is has the cluster. On a disk, not in memory: images are
 * unpacked here, once a node.
 */
export const stateDirectory = '/var/tmp/understudy-cluster';

export const kubernetesModules = fileURLToPath(new URL('kubernetes', import.meta.url));
export const runtimeModules = fileURLToPath(new URL('runtime', import.meta.url));

export const statePaths = {
  owner: path.join(stateDirectory, 'owner.json'),
  keys: path.join(stateDirectory, 'keys'),
  logs: path.join(stateDirectory, 'logs'),
  etcd: path.join(stateDirectory, 'etcd'),
  auditLog: path.join(stateDirectory, 'logs', 'audit.jsonl'),
  mountPoints: path.join(stateDirectory, 'mount-points.json'),
  components: path.join(stateDirectory, 'components'),
  kubeconfig: path.join(stateDirectory, 'admin.kubeconfig'),
  /** Where our own kubectl remembers which resources there are: not with a person's, nor with an earlier cluster's. */
  kubectlCache: path.join(stateDirectory, 'kubectl-cache'),
  node: (name: string) => path.join(stateDirectory, name),
  log: (component: string) => path.join(stateDirectory, 'logs', `${component}.log`),
} as const;
