/**
 * Owns the ancestor's set running in a sandbox with a steady client on its Service: start, look, wait, move, end.
 * Must not strike it (strikes.ts) nor judge what comes of that (scene.ts, the benches).
 */
import { decodeLease, type LeaseObject } from '../../kube/decode-lease.ts';
import { decodePod, type PodObject } from '../../kube/decode-pod.ts';
import { applyManifests } from '../../sandbox/api/apply/apply-manifests.ts';
import { loadManifests } from '../../sandbox/api/apply/manifest-file.ts';
import { resourceTypes } from '../../sandbox/api/resource-types.ts';
import type { StoredObject } from '../../sandbox/api/stored-object.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type ClientProcess, startClientProcess } from '../steady-client/client-process.ts';
import type { Target } from '../steady-client/connection-attempt.ts';
import { machineNowMs } from '../steady-client/machine-time.ts';
import { addressOf, putApplication, removeApplication } from './application.ts';
import { type Subscribe, waitFor } from './condition.ts';
import { type WrittenManifests, writeOverlay } from './manifests.ts';
import type { ReadinessTiming } from './overlay.ts';
import { type GoodStanding, goodStanding, readStanding, type Standing } from './standing.ts';

/** Of the controllers, and of the application until it moves. */
const namespace = 'default';

export interface HapodOptions {
  /** Whether the kubelet is as late as a real one's PLEG (0–1 s), or tells at once. */
  readonly pleg: 'real' | 'instant';
  /** Readiness probes that start later, or look less often, are brought down to this. */
  readonly readiness: ReadinessTiming;
  /** From one connection of the client to the next. */
  readonly clientEveryMs: number;
}

/** A pod as it was after one change of it. */
export interface PodChange {
  /** Machine time. */
  readonly atMs: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly pod: PodObject;
}

/** Decoded when asked for: the store does not wait for what nobody may ever look at. */
interface NotedChange extends Omit<PodChange, 'pod'> {
  readonly object: StoredObject;
}

/** A scene has a few dozen; the first of a scene must still be there at its end. */
const podChangesMax = 2_000;

export class HapodCluster {
  readonly sandbox: Sandbox;
  /** The readiness timing that the overlay has shortened. */
  readonly verbatimReadiness: Partial<ReadinessTiming>;
  readonly client: ClientProcess;
  readonly #applicationFiles: readonly string[];
  readonly #changes: NotedChange[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribes: (() => void)[] = [];
  #applicationNamespace = namespace;
  #moves = 0;

  private constructor(sandbox: Sandbox, manifests: WrittenManifests, everyMs: number) {
    this.sandbox = sandbox;
    this.verbatimReadiness = manifests.verbatim;
    this.#applicationFiles = manifests.applicationFiles;
    this.#watchStore();
    this.client = startClientProcess({ target: this.service, everyMs });
  }

  /** Boots the sandbox and applies the manifests; pods may still be starting when it resolves. */
  static async start(options: HapodOptions): Promise<HapodCluster> {
    const sandbox = await startSandbox({ pleg: options.pleg });
    try {
      const manifests = await writeOverlay(sandbox.stateDirectory, options.readiness);
      applyManifests(sandbox.store, loadManifests(manifests.files, sandbox.store.types));
      return new HapodCluster(sandbox, manifests, options.clientEveryMs);
    } catch (error) {
      await sandbox.close();
      throw error;
    }
  }

  /** Ends every process and removes every file that it brought. */
  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
    await Promise.allSettled([this.client.stop(), this.sandbox.close()]);
  }

  /**
   * Puts a new application, in a namespace of its own, in the place of the one that is there: to its controllers another
   * singleton, without a past. The client goes with it. Resolves when nothing is left of the old one's pods.
   */
  async moveApplication(withinMs: number): Promise<void> {
    const { store } = this.sandbox;
    const left = this.#applicationNamespace;
    this.#moves += 1;
    this.#applicationNamespace = `hapod-${this.#moves}`;
    putApplication(store, this.#applicationFiles, this.#applicationNamespace);
    this.client.moveTo(this.service);
    removeApplication(store, this.#applicationFiles, left);
    const isLeft = ({ metadata }: StoredObject) => left !== namespace || metadata.labels?.app === 'hapod';
    await this.waitFor(
      () => (store.list(resourceTypes.pods, { namespace: left }).some(isLeft) ? `the end of ${left}` : {}),
      withinMs,
    );
  }

  /** Where clients reach the application. */
  get service(): Target {
    return addressOf(this.sandbox.store, this.#applicationNamespace);
  }

  /** Of the controllers and of the application. */
  pods(): readonly PodObject[] {
    const namespaces = new Set([namespace, this.#applicationNamespace]);
    return [...namespaces].flatMap((each) =>
      this.sandbox.store.list(resourceTypes.pods, { namespace: each }).map(podOf),
    );
  }

  standing(): Standing {
    return readStanding(this.pods(), this.#leases());
  }

  /** Changes of one pod after a moment of machine time, oldest first. */
  podChanges(uid: string, sinceMs: number): readonly PodChange[] {
    return this.#changes
      .filter(({ object, atMs }) => object.metadata.uid === uid && atMs > sinceMs)
      .map(({ object, ...change }) => ({ ...change, pod: podOf(object) }));
  }

  /** Waits for a change in the store or at the client after which `condition` gives a value; a string says what misses. */
  waitFor<T extends object>(condition: () => T | string, withinMs: number, signal?: AbortSignal): Promise<T> {
    const inStore: Subscribe = (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    };
    const atClient: Subscribe = (listener) => this.client.log.subscribe(listener);
    return waitFor(condition, {
      withinMs,
      sources: [inStore, atClient],
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Waits until there is one active, a warm standby, two controllers, and the client's answers come from the active. */
  inGoodOrder(options: {
    readonly withinMs: number;
    readonly signal?: AbortSignal;
    readonly onMissing?: (missing: string) => void;
  }): Promise<GoodStanding> {
    const condition = () => {
      const standing = goodStanding(this.standing());
      const missing = typeof standing === 'string' ? standing : this.#missingAnswer(standing.active);
      if (missing !== undefined) options.onMissing?.(missing);
      return missing ?? standing;
    };
    return this.waitFor(condition, options.withinMs, options.signal);
  }

  #missingAnswer(active: PodObject): string | undefined {
    const answer = this.client.log.lastAnswer();
    const answers = answer !== undefined && isAnswerOf(active, answer.outcome.line);
    return answers ? undefined : `${active.name} to answer`;
  }

  #leases(): readonly LeaseObject[] {
    return this.sandbox.store
      .list(resourceTypes.leases, { namespace: this.#applicationNamespace })
      .map(decodeLease);
  }

  #watchStore(): void {
    const { store } = this.sandbox;
    const changed = () => {
      for (const listener of this.#listeners) listener();
    };
    this.#unsubscribes.push(
      store.subscribe(resourceTypes.pods, ({ type, object }) => {
        this.#changes.push({ atMs: machineNowMs(), type, object });
        if (this.#changes.length > podChangesMax) this.#changes.splice(0, podChangesMax / 2);
        changed();
      }),
      store.subscribe(resourceTypes.leases, changed),
    );
  }
}

/** The sample server starts its line with the name of its pod. */
export function isAnswerOf(pod: PodObject, line: string): boolean {
  return line.startsWith(`${pod.name} `);
}

function podOf(object: unknown): PodObject {
  return decodePod(object, { keepEnv: [] });
}
