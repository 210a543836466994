/**
 * Owns how a node's machine is set up, and how its containerd, kubelet and kube-proxy are started.
 * Must not start them. Every setting that is not Kubernetes' default has its reason here.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { asObject, optionalObject, optionalString } from '../../src/kube/decode.ts';
import { keyFile, kubeconfigFile } from './certificates.ts';
import type { ComponentPlan } from './component.ts';
import { nodeLeaseDurationSeconds } from './control-plane.ts';
import { statePaths } from './paths.ts';
import { addresses, type NodeName, nodeAddresses } from './topology.ts';

export interface NodeOptions {
  readonly name: NodeName;
  /** Where the binaries are; CNI plugins in `cni` below it. */
  readonly binaries: string;
}

export interface ProxyOptions {
  /** kube-proxy's pause between two changes, `10ms`. Undefined: its default, 1 s, as every cluster has it. */
  readonly minSyncPeriod: string | undefined;
}

export const containerdSocket = '/run/containerd/containerd.sock';

/** These folders are the node's own, each bound over the host's of the same path. */
const ownFolders = {
  kubelet: '/var/lib/kubelet',
  containerd: '/var/lib/containerd',
  podLogs: '/var/log/pods',
  containerLogs: '/var/log/containers',
  cniConfiguration: '/etc/cni/net.d',
  cniState: '/var/lib/cni',
} as const;

/** Sockets and network namespaces: kept in memory, as on every machine. */
const ownMemory = ['/run/containerd', '/run/netns'] as const;

/** Folders that the host must have for the node to mount its own over them. */
export const mountPoints: readonly string[] = [...Object.values(ownFolders), ...ownMemory];

/**
 * containerd's group for containers, with the weight that a kubelet with cgroupsPerQOS gives to pods: 1024 for each of two
 * processors, against the 1024 of what belongs to the machine.
 */
const podGroupCommands = `
for group in /sys/fs/cgroup /sys/fs/cgroup/cpu; do
  [ ! -e "$group/cgroup.procs" ] || mkdir -p "$group/k8s.io"
  [ ! -w "$group/k8s.io/cpu.shares" ] || echo 2048 > "$group/k8s.io/cpu.shares"
done`;

/** Shell commands for the node's first process. */
export function mountCommands(name: NodeName): string {
  const binds = Object.entries(ownFolders).map(
    ([folder, target]) => `mount --bind ${path.join(statePaths.node(name), folder)} ${target}`,
  );
  const memory = ownMemory.map((target) => `mount -t tmpfs tmpfs ${target}`);
  // The kubelet passes mounts on to containers.
  return [...binds, ...memory, `mount --make-shared ${ownFolders.kubelet}`, podGroupCommands].join('\n');
}

export function writeNodeFiles(options: NodeOptions, proxy: ProxyOptions): void {
  const { name } = options;
  for (const folder of Object.keys(ownFolders))
    mkdirSync(path.join(statePaths.node(name), folder), { recursive: true });
  writeFileSync(fileOf(name, 'cniConfiguration/10-pods.conflist'), JSON.stringify(cniConfiguration(name)));
  writeFileSync(fileOf(name, 'containerd.toml'), containerdConfiguration(options));
  writeFileSync(fileOf(name, 'kubelet.json'), JSON.stringify(kubeletConfiguration(name)));
  writeProxyFile(name, proxy);
}

/** kube-proxy reads it when it starts. */
export function writeProxyFile(name: NodeName, options: ProxyOptions): void {
  writeFileSync(fileOf(name, 'kube-proxy.json'), JSON.stringify(kubeProxyConfiguration(name, options)));
}

const fileOf = (name: NodeName, file: string) => path.join(statePaths.node(name), file);

function cniConfiguration(name: NodeName) {
  const ranges = [[{ subnet: nodeAddresses[name].podRange }]];
  const ipam = { type: 'host-local', ranges, routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: 'pods0', isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return { cniVersion: '1.0.0', name: 'pods', plugins: [bridge] };
}

/**
 * `restrict_oom_score_adj`: without CAP_SYS_RESOURCE, as in many virtual machines, runc cannot lower it. `nri`: its socket
 * is at a place that both nodes share with the host, where each would take away the other's, or fail by it.
 */
function containerdConfiguration({ binaries }: NodeOptions): string {
  return `version = 3
root = "${ownFolders.containerd}"
state = "/run/containerd"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "docker.io/library/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["${path.join(binaries, 'cni')}"]
  conf_dir = "${ownFolders.cniConfiguration}"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
`;
}

function kubeletConfiguration(name: NodeName) {
  const never = '0%';
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { x509: { clientCAFile: keyFile('ca.crt') }, anonymous: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    tlsCertFile: keyFile(`${name}.crt`),
    tlsPrivateKeyFile: keyFile(`${name}.key`),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    address: nodeAddresses[name].address,
    healthzBindAddress: '127.0.0.1',
    podCIDR: nodeAddresses[name].podRange,
    nodeLeaseDurationSeconds,
    // The host's own configuration is not ours to change: swap, control groups of the first version.
    failSwapOn: false,
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    // Both nodes share one disk with everything else: its filling up is not what is tested.
    evictionHard: {
      'memory.available': never,
      'nodefs.available': never,
      'imagefs.available': never,
      'nodefs.inodesFree': never,
    },
    imageMinimumGCAge: '1000h',
    imageGCHighThresholdPercent: 100,
    // There is no cluster DNS: Services are reached by address, or by the variables of their environment.
    clusterDomain: 'cluster.local',
    resolvConf: '',
  };
}

/** As it was started last. */
export function readProxyFile(name: NodeName): ProxyOptions {
  const written = asObject(JSON.parse(readFileSync(fileOf(name, 'kube-proxy.json'), 'utf8')));
  return {
    minSyncPeriod: optionalString(optionalObject(written, 'nftables', ''), 'minSyncPeriod', 'nftables'),
  };
}

function kubeProxyConfiguration(name: NodeName, { minSyncPeriod }: ProxyOptions) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: kubeconfigFile('kube-proxy') },
    clusterCIDR: addresses.podRange,
    hostnameOverride: name,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
    nftables: minSyncPeriod === undefined ? {} : { minSyncPeriod },
    // The connection table is the host's: its size is not ours to set.
    conntrack: { maxPerCore: 0, min: 0 },
  };
}

/** The name of a node's component: `kubelet-node1`. */
export const componentOf = (component: 'containerd' | 'kubelet' | 'kube-proxy', node: NodeName) =>
  `${component}-${node}`;

export function containerd({ name, binaries }: NodeOptions): ComponentPlan {
  return plan('containerd', name, binaries, [
    path.join(binaries, 'containerd'),
    '-c',
    fileOf(name, 'containerd.toml'),
  ]);
}

export function kubelet({ name, binaries }: NodeOptions): ComponentPlan {
  return plan('kubelet', name, binaries, [
    path.join(binaries, 'kubelet'),
    `--config=${fileOf(name, 'kubelet.json')}`,
    `--kubeconfig=${kubeconfigFile(name)}`,
    `--hostname-override=${name}`,
    `--node-ip=${nodeAddresses[name].address}`,
  ]);
}

export function kubeProxy({ name, binaries }: NodeOptions): ComponentPlan {
  const command = [path.join(binaries, 'kube-proxy'), `--config=${fileOf(name, 'kube-proxy.json')}`];
  return plan('kube-proxy', name, binaries, command);
}

/** They start programs by name: shims from among the binaries, runc, nft and conntrack from the host. */
function plan(
  component: 'containerd' | 'kubelet' | 'kube-proxy',
  name: NodeName,
  binaries: string,
  command: readonly string[],
): ComponentPlan {
  const searchPath = `${binaries}:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`;
  return {
    name: componentOf(component, name),
    machine: name,
    command: ['env', `PATH=${searchPath}`, ...command],
  };
}
