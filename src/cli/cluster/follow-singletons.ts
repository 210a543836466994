/**
 * Owns following the singletons of a namespace, or of all: three watches, and what they show together.
 * Must not show it: whoever follows is told that something has changed.
 */
import { decodeLease, type LeaseObject } from '../../kube/decode-lease.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import { type Reflector, startReflector } from '../../kube/reflector.ts';
import type { Selection } from '../../kube/request.ts';
import { LEASES, PODS, type Resource, SINGLETONS } from '../../kube/resources.ts';
import type { Transport } from '../../kube/transport.ts';
import type { WatchSink } from '../../kube/watch-sink.ts';
import type { Clock, Random } from '../../time/clock.ts';
import { decodeSingleton, type SingletonObject } from './decode-singleton.ts';
import { HeldObjects } from './held-objects.ts';
import { memberSelector, readPodObject, recordSelector } from './read-singletons.ts';
import { type SeenSingleton, seenSingletons } from './seen-singleton.ts';

export interface FollowOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly onChanged: () => void;
  readonly onBug: (error: unknown) => void;
}

export interface FollowedSingletons {
  readonly singletons: readonly SeenSingleton[];
  /** Why what is shown may be old, one sentence each. */
  readonly troubles: readonly string[];
}

export class SingletonFollower {
  readonly #options: FollowOptions;
  readonly #singletons: HeldObjects<SingletonObject>;
  readonly #records: HeldObjects<LeaseObject>;
  readonly #pods: HeldObjects<PodObject>;
  readonly #reflectors: readonly Reflector[];

  constructor(options: FollowOptions) {
    const { namespace } = options;
    this.#options = options;
    const changed = () => {
      if (this.synced) options.onChanged();
    };
    this.#singletons = new HeldObjects(changed);
    this.#records = new HeldObjects(changed);
    this.#pods = new HeldObjects(changed);
    this.#reflectors = [
      this.#watch(SINGLETONS, { namespace }, decodeSingleton, this.#singletons),
      this.#watch(LEASES, { namespace, labelSelector: recordSelector }, decodeLease, this.#records),
      this.#watch(PODS, { namespace, labelSelector: memberSelector }, readPodObject, this.#pods),
    ];
  }

  /** There is something to show. A kind that the API server does not know, or does not let us see, is not waited for. */
  get synced(): boolean {
    return this.#all.every(({ synced, trouble }) => synced || trouble?.refusal !== undefined);
  }

  get current(): FollowedSingletons {
    const found = {
      singletons: this.#singletons.all,
      records: this.#records.all,
      pods: this.#pods.all,
    };
    // A cluster without the Singleton resource: the watch goes on asking, so that one that is installed now is seen.
    const troubles = this.#all.flatMap(({ trouble, problems }) => [
      ...(trouble === undefined || trouble.refusal === 'unknown-kind' ? [] : [trouble.sentence]),
      ...problems,
    ]);
    return {
      singletons: seenSingletons(found, this.#options.clock.now()),
      troubles: [...new Set(troubles)],
    };
  }

  get #all() {
    return [this.#singletons, this.#records, this.#pods] as const;
  }

  stop(): void {
    for (const reflector of this.#reflectors) reflector.stop();
  }

  #watch<T>(
    resource: Resource,
    selection: Selection,
    decode: (raw: unknown) => T,
    sink: WatchSink<T>,
  ): Reflector {
    const { transport, clock, random, onBug } = this.#options;
    return startReflector({ ...selection, transport, clock, random, resource, decode, sink, onBug });
  }
}
