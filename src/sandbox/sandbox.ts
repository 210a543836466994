/**
 * Owns the embedded cluster as a whole: its API on one port, nodes whose pods are processes of this machine, Services on
 * loopback addresses, and the end of all of it. Nothing it started outlives it: see node/reaper.ts for how.
 * Must not hold the rules of any of its parts.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock, Random } from '../time/clock.ts';
import { realClock, realRandom } from '../time/real-clock.ts';
import { type AddressClaim, claimAddresses } from './address-plan.ts';
import { type Applied, applyManifests } from './api/apply/apply-manifests.ts';
import { loadManifests } from './api/apply/manifest-file.ts';
import { ApiFaults } from './api/faults.ts';
import { ApiHandler } from './api/handler.ts';
import { writeKubeconfig } from './api/kubeconfig-file.ts';
import type { PodAccess } from './api/pod-access.ts';
import type { ServerRequest, ServerResponse } from './api/request.ts';
import { ApiServer } from './api/server.ts';
import { Store } from './api/store.ts';
import { Cluster } from './cluster.ts';
import { containerSurroundings } from './container-surroundings.ts';
import type { NodeLifecycleOptions } from './controllers/node-lifecycle.ts';
import { SandboxFaults } from './faults.ts';
import { directoriesUnder } from './node/container-directories.ts';
import { createImages, type Image } from './node/images.ts';
import { KubeletPodAccess } from './node/kubelet-pod-access.ts';
import type { PlegMode } from './node/pleg.ts';
import { realProbeNetwork } from './node/probe-network.ts';
import { RealProcesses } from './node/real-processes.ts';
import { ServiceProxy } from './proxy/service-proxy.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import { StoreLink } from './store-link.ts';

export interface SandboxOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  /** Of the API; 0 takes a free one. */
  readonly port?: number;
  readonly nodes?: number;
  /** Whether kubelets notice exits 0-1 s late, as real ones, or at once. */
  readonly pleg?: PlegMode;
  /** Where the sandbox makes its own directory, which it removes; the machine's temporary directory unless given. */
  readonly stateDirectory?: string;
  /** Images beside the built-in ones, or in place of them. */
  readonly images?: Readonly<Record<string, Image>>;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  /** Emulates kube-proxy's minSyncPeriod; 0, the default: a change counts at once. */
  readonly proxySyncMs?: number;
  /** Lines for people: what does not work, and what no request should be able to cause. */
  readonly log?: (line: string) => void;
}

/** The machine can't carry a sandbox; the message is one line that says what is missing. */
class SandboxUnsupportedError extends Error {
  readonly code = 'SANDBOX_UNSUPPORTED';
  readonly retry = 'never';
}

/**
 * Resolves when the API answers. What was begun is ended again when a part of it fails.
 * @throws SandboxUnsupportedError, the system's error when the port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  requireLinux();
  const undo: (() => Promise<void>)[] = [];
  try {
    return await Sandbox.start(options, undo);
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    throw error;
  }
}

function requireLinux(): void {
  if (process.platform === 'linux') return;
  throw new SandboxUnsupportedError(
    `the sandbox needs Linux, where every address in 127.0.0.0/8 can be listened on and /proc shows the processes; this is ${process.platform}`,
  );
}

interface SandboxParts {
  readonly cluster: Cluster;
  readonly server: ApiServer;
  readonly pods: PodAccess;
  readonly faults: SandboxFaults;
  readonly stateDirectory: string;
  readonly kubeconfigPath: string;
  /** In the order of their making. */
  readonly undo: readonly (() => Promise<void>)[];
}

export class Sandbox {
  readonly store: Store;
  readonly cluster: Cluster;
  readonly faults: SandboxFaults;
  /** exec and logs without the API. */
  readonly pods: PodAccess;
  /** Gone with the sandbox. */
  readonly stateDirectory: string;
  readonly kubeconfigPath: string;
  readonly #server: ApiServer;
  readonly #undo: readonly (() => Promise<void>)[];
  #closing: Promise<void> | undefined;

  private constructor(parts: SandboxParts) {
    this.store = parts.cluster.store;
    this.cluster = parts.cluster;
    this.faults = parts.faults;
    this.pods = parts.pods;
    this.stateDirectory = parts.stateDirectory;
    this.kubeconfigPath = parts.kubeconfigPath;
    this.#server = parts.server;
    this.#undo = parts.undo;
  }

  /** For startSandbox: whatever is begun is put on `undo` first. */
  static async start(options: SandboxOptions, undo: (() => Promise<void>)[]): Promise<Sandbox> {
    const { clock = realClock, random = realRandom, log = () => {} } = options;
    const stateDirectory = await mkdtemp(
      path.join(options.stateDirectory ?? tmpdir(), 'understudy-sandbox-'),
    );
    const processes = new RealProcesses({ marker: stateDirectory, directory: stateDirectory });
    undo.push(() => processes.close());
    const claim = await claimAddresses();
    undo.push(() => claim.release());
    const store = new Store({ clock, random });
    const faults = new ApiFaults(clock);
    const late: LateParts = {};
    const pods = new KubeletPodAccess((...target) => late.cluster?.container(...target), clock);
    const handler = new ApiHandler({
      store,
      clock,
      random,
      pods,
      faults,
      sandboxPaths: async (request) => late.paths?.(request),
      onBug: (error) =>
        log(`bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    });
    const server = new ApiServer({ handler, port: options.port ?? 0 });
    await server.start();
    undo.push(() => server.close());
    const kubeconfigPath = path.join(stateDirectory, 'kubeconfig');
    await writeKubeconfig(kubeconfigPath, { url: server.url });
    const cluster = createCluster(options, {
      store,
      clock,
      random,
      processes,
      claim,
      stateDirectory,
      url: server.url,
    });
    undo.push(async () => cluster.close());
    late.cluster = cluster;
    const proxy = createProxy(options, cluster, { clock, random, log });
    undo.push(async () => proxy.close());
    const sandboxFaults = new SandboxFaults(cluster, faults, clock);
    const residentBytes = () => process.memoryUsage.rss();
    late.paths = sandboxPaths({ cluster, faults: sandboxFaults, residentBytes });
    return new Sandbox({
      cluster,
      server,
      pods,
      faults: sandboxFaults,
      stateDirectory,
      kubeconfigPath,
      undo,
    });
  }

  get url(): string {
    return this.#server.url;
  }

  /** The process of a running container: it leads a process group of its own. */
  processOf(namespace: string, pod: string, container: string): number | undefined {
    const life = this.cluster.container(namespace, pod, container)?.life;
    return life?.running === true ? life.pid : undefined;
  }

  /**
   * Creates or changes what the manifest files describe, all of it or, when anything in any file is wrong, nothing.
   * Rejects with a ManifestError that lists every problem as FILE:LINE.
   */
  async apply(paths: readonly string[]): Promise<readonly Applied[]> {
    return applyManifests(this.store, loadManifests(paths, this.store.types));
  }

  /** Ends every process, frees every address and removes every file. Calls after the first wait for the same end. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const step of this.#undo.toReversed()) await step();
  }
}

/** What the API's handler refers to and that can only be made after it. */
interface LateParts {
  cluster?: Cluster;
  paths?: (request: ServerRequest) => Promise<ServerResponse | undefined>;
}

interface ClusterParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: RealProcesses;
  readonly claim: AddressClaim;
  readonly stateDirectory: string;
  readonly url: string;
}

function createCluster(options: SandboxOptions, parts: ClusterParts): Cluster {
  const { store, clock, random, processes, claim, stateDirectory, url } = parts;
  return new Cluster({
    store,
    clock,
    random,
    processes,
    images: createImages(options.images),
    directories: directoriesUnder(path.join(stateDirectory, 'pods')),
    probeNetwork: realProbeNetwork,
    nodes: options.nodes ?? 2,
    pleg: options.pleg ?? 'real',
    addresses: claim.plan,
    baseEnvironment: containerSurroundings(url, path.join(stateDirectory, 'namespaces')),
    ...(options.nodeLifecycle === undefined ? {} : { nodeLifecycle: options.nodeLifecycle }),
  });
}

function createProxy(
  options: SandboxOptions,
  cluster: Cluster,
  {
    clock,
    random,
    log,
  }: { readonly clock: Clock; readonly random: Random; readonly log: (line: string) => void },
): ServiceProxy {
  return new ServiceProxy({
    link: new StoreLink(cluster.store),
    clock,
    random,
    onTrouble: log,
    proxySyncMs: options.proxySyncMs ?? 0,
  });
}
