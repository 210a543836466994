/**
 * Owns the watches of a controller: which resources it watches where, and which view each of them feeds.
 * Must not hold what they bring, nor decide on it.
 */
import { decodeSingleton } from '../api/decode-singleton.ts';
import { decodeDisruptionBudget } from '../kube/decode-disruption-budget.ts';
import { decodeEndpointSlice } from '../kube/decode-endpoint-slice.ts';
import { decodeLease, type LeaseObject } from '../kube/decode-lease.ts';
import { decodeNode } from '../kube/decode-node.ts';
import { decodePod, type PodObject } from '../kube/decode-pod.ts';
import { decodeService } from '../kube/decode-service.ts';
import { type Reflector, type ReflectorOptions, startReflector } from '../kube/reflector.ts';
import type { Selection } from '../kube/request.ts';
import {
  DISRUPTION_BUDGETS,
  ENDPOINT_SLICES,
  LEASES,
  NODES,
  PODS,
  qualifiedPlural,
  type Resource,
  SERVICES,
  SINGLETONS,
} from '../kube/resources.ts';
import type { KubeErrorCode } from '../kube/status.ts';
import type { Transport } from '../kube/transport.ts';
import type { WatchSink, WatchState } from '../kube/watch-sink.ts';
import type { Clock, MonotonicMs, Random } from '../time/clock.ts';
import type { Adoption } from './adoption.ts';
import type { DeclaredParts } from './declared-parts.ts';
import { decodeHeartbeat, heartbeatName, presenceSelector, type SeenHeartbeat } from './heartbeat-codec.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { NodeView } from './node-view.ts';
import { sisterSelector } from './own-pod.ts';
import type { PairRunner } from './pair-runner.ts';
import type { Peers } from './peers.ts';
import { podDecoding } from './pod-codec.ts';
import type { PodView } from './pod-view.ts';
import type { RecordView } from './record-view.ts';
import { covers } from './watch-scope.ts';
import { words } from './words.ts';

export interface ControllerWatchesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly controllerNamespace: string;
  readonly group: string;
  readonly podViews: ReadonlyMap<Adoption, PodView>;
  readonly records: RecordView<LeaseObject>;
  /** Undefined where it only adopts by label. */
  readonly declared: DeclaredParts | undefined;
  readonly nodes: NodeView;
  readonly peers: Peers;
  readonly pair: PairRunner;
  readonly onHeartbeat: (heartbeat: SeenHeartbeat) => void;
  readonly onForbidden: () => void;
  readonly onChunkEnd: () => void;
  readonly onBug: (error: unknown) => void;
}

/** The part of a sink that a view provides; the rest is the same for all watches. */
export type ViewSink<T> = Omit<WatchSink<T>, 'onChunkEnd'>;

type Decode<T> = (raw: unknown) => T;

const readPod: Decode<PodObject> = (raw) => decodePod(raw, podDecoding);

interface OpenWatch {
  readonly reflector: Reflector;
  readonly resource: string;
  state: WatchState;
  stateSince: MonotonicMs;
}

interface ScopedWatch {
  readonly reflector: Reflector;
  readonly namespace: string | undefined;
  /** Whose pods it brings. */
  readonly pods: 'no' | 'of all' | { readonly singletonName: string };
}

export class ControllerWatches {
  readonly #options: ControllerWatchesOptions;
  readonly #watches: OpenWatch[] = [];
  /** Without its news nothing may be decided anywhere. */
  #presence: Reflector | undefined;
  /** Those that deciding in their namespace needs; `undefined` covers all. */
  readonly #scoped: ScopedWatch[] = [];
  #stopped = false;

  constructor(options: ControllerWatchesOptions) {
    this.#options = options;
  }

  /** Everything that deciding needs has been seen once. */
  get synced(): boolean {
    return this.#presence?.synced === true && this.#scoped.every(({ reflector }) => reflector.synced);
  }

  /** What deciding in this namespace needs has been seen once; without one: what every namespace needs. */
  syncedIn(namespace: string | undefined): boolean {
    if (this.#presence?.synced !== true) return false;
    if (namespace === undefined) return true;
    return this.#scoped.every((watch) => !covers(watch, namespace) || watch.reflector.synced);
  }

  /** Kinds that the API server does not have, as it says. It may just have started, and have them in a moment. */
  get unknownKinds(): readonly string[] {
    const notFound: KubeErrorCode = 'NOT_FOUND';
    const unknown = this.#watches.filter(
      ({ state }) => state.kind === 'broken' && state.because === notFound,
    );
    return [...new Set(unknown.map(({ resource }) => resource))];
  }

  start(): void {
    const { namespaces, podViews, records, nodes, controllerNamespace, group } = this.#options;
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    for (const namespace of scopes) {
      for (const [{ selector, singletonName }, view] of podViews) {
        const selection = { namespace, labelSelector: selector };
        const reflector = this.#watch(PODS, selection, readPod, view.sinkFor(namespace));
        this.#scoped.push({ reflector, namespace, pods: { singletonName } });
      }
      const selection = { namespace, labelSelector: `${words.lease}=record` };
      const reflector = this.#watch(LEASES, selection, decodeLease, records.sinkFor(namespace));
      this.#scoped.push({ reflector, namespace, pods: 'no' });
      this.#watchDeclared(namespace);
    }
    const presence = { namespace: controllerNamespace, labelSelector: presenceSelector(group) };
    this.#presence = this.#watch(LEASES, presence, decodeLease, this.#presenceSink());
    this.#watch(NODES, {}, decodeNode, nodes.sink());
  }

  /** What Singletons are about. Without the news of Services and slices nothing may be decided there. */
  #watchDeclared(namespace: string | undefined): void {
    const { declared } = this.#options;
    if (declared === undefined) return;
    const { services, allPods, singletons } = declared;
    const slices = { namespace, labelSelector: `${words.managedBy}=${words.manager}` };
    const needed = [
      { reflector: this.#watch(PODS, { namespace }, readPod, allPods.sinkFor(namespace)), pods: 'of all' },
      {
        reflector: this.#watch(SERVICES, { namespace }, decodeService, services.sinkFor(namespace)),
        pods: 'no',
      },
      {
        reflector: this.#watch(
          ENDPOINT_SLICES,
          slices,
          decodeEndpointSlice,
          declared.sliceSinkFor(namespace),
        ),
        pods: 'no',
      },
    ] as const;
    for (const { reflector, pods } of needed) this.#scoped.push({ reflector, namespace, pods });
    this.#watch(SINGLETONS, { namespace }, decodeSingleton, singletons.sinkFor(namespace));
    this.#watch(
      DISRUPTION_BUDGETS,
      { namespace },
      decodeDisruptionBudget,
      declared.budgets.sinkFor(namespace),
    );
  }

  /** The other controllers' pods, once it is known which those are. */
  watchSisters(ownPod: PodObject): void {
    if (this.#stopped) return;
    const labelSelector = sisterSelector(ownPod);
    const selection: Selection =
      labelSelector === undefined
        ? { namespace: ownPod.namespace, fieldSelector: `metadata.name=${ownPod.name}` }
        : { namespace: ownPod.namespace, labelSelector };
    this.#watch(PODS, selection, readPod, this.#sisterSink());
  }

  relist(): void {
    for (const { reflector } of this.#watches) reflector.relist();
  }

  /** Lists the pods of these singletons anew; a watch that several of them share, once. */
  relistPods(singletons: readonly { readonly namespace: string; readonly name: string }[]): void {
    const due = this.#scoped.filter((watch) =>
      singletons.some(({ namespace, name }) => bringsPodsOf(watch, name) && covers(watch, namespace)),
    );
    for (const { reflector } of due) reflector.relist();
  }

  /** Opens those anew that seem well and have brought nothing for too long, bookmarks included. */
  relistSilent(now: MonotonicMs): void {
    for (const { reflector, resource, state, stateSince } of this.#watches) {
      if (state.kind !== 'watching') continue;
      // A watch that has just come back owes nothing for the time it was broken.
      const silentMs = now - Math.max(stateSince, reflector.lastEventAt ?? stateSince);
      if (silentMs <= limits.watchSilenceMs) continue;
      const seconds = Math.round(silentMs / 1_000);
      this.#options.log.write(
        'warn',
        `watch of ${resource} is opened anew: it has brought nothing for ${seconds} s`,
      );
      reflector.relist();
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const { reflector } of this.#watches) reflector.stop();
  }

  #watch<T>(resource: Resource, selection: Selection, decode: Decode<T>, sink: ViewSink<T>): Reflector {
    const { transport, clock, random, onChunkEnd, onBug } = this.#options;
    const observer = this.#stateObserver(qualifiedPlural(resource));
    let watch: OpenWatch | undefined;
    const options: ReflectorOptions<T> = {
      ...selection,
      transport,
      clock,
      random,
      resource,
      decode,
      sink: {
        ...sink,
        onState: (state) => {
          sink.onState(state);
          if (watch !== undefined) {
            watch.state = state;
            watch.stateSince = clock.now();
          }
          observer(state);
        },
        onChunkEnd,
      },
      onBug,
    };
    const reflector = startReflector(options);
    watch = {
      reflector,
      resource: qualifiedPlural(resource),
      state: { kind: 'connecting' },
      stateSince: clock.now(),
    };
    this.#watches.push(watch);
    return reflector;
  }

  /** Says that a watch broke and that it is back, not every try in between. */
  #stateObserver(resource: string): (state: WatchState) => void {
    const { log, metrics, onForbidden } = this.#options;
    let said: string | undefined;
    return (state) => {
      if (state.kind === 'broken') {
        metrics.watchBroken(resource, state.because);
        if (said !== state.because) log.write('warn', `watch of ${resource} broken: ${state.because}`);
        said = state.because;
      } else if (state.kind === 'forbidden') {
        // Which permission is missing is said by Permissions, once.
        onForbidden();
      } else if (state.kind === 'watching' && said !== undefined) {
        said = undefined;
        log.write('info', `watch of ${resource} is back`);
      }
    };
  }

  #presenceSink(): ViewSink<LeaseObject> {
    const { peers, pair, clock, onHeartbeat } = this.#options;
    const namesByUid = new Map<string, string>();
    return {
      onApplied: (lease) => {
        namesByUid.set(lease.uid, lease.name);
        pair.leaseSeen(lease);
        const heartbeat = decodeHeartbeat(lease);
        if (heartbeat === undefined) return pair.step();
        peers.heard(heartbeat, clock.now());
        onHeartbeat(heartbeat);
      },
      onDeleted: ({ uid, name }, last, version) => {
        namesByUid.delete(uid);
        pair.leaseGone(name, version);
        if (last?.holder !== undefined && decodeHeartbeat(last) !== undefined)
          peers.heartbeatGone(last.holder);
        pair.step();
      },
      onSynced: (present) => {
        for (const uid of namesByUid.keys()) if (!present.has(uid)) namesByUid.delete(uid);
        const names = new Set(namesByUid.values());
        pair.leasesSynced(names);
        peers.heartbeatsSynced((name) => names.has(heartbeatName(name)));
        pair.step();
      },
      onBookmark: () => undefined,
      onMalformed: (name, error) =>
        this.#options.log.write('warn', `lease ${name} cannot be read: ${error.message}`),
      onState: () => undefined,
    };
  }

  #sisterSink(): ViewSink<PodObject> {
    const { peers, pair } = this.#options;
    return {
      onApplied: (pod) => {
        peers.podSeen(pod);
        pair.step();
      },
      onDeleted: ({ uid }) => {
        peers.podGone(uid);
        pair.step();
      },
      onSynced: (present) => {
        peers.podsSynced(present);
        pair.step();
      },
      onBookmark: () => undefined,
      onMalformed: (name, error) =>
        this.#options.log.write('warn', `pod ${name} cannot be read: ${error.message}`),
      onState: () => undefined,
    };
  }
}

function bringsPodsOf({ pods }: ScopedWatch, singletonName: string): boolean {
  return pods === 'of all' || (pods !== 'no' && pods.singletonName === singletonName);
}
