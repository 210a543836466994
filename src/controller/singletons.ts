/**
 * Owns all singletons of a controller: making them when they are first seen, waking them, and letting the oldest go.
 * Must not look into one.
 */
import { noEpoch } from '../core/identity.ts';
import type { Settings, Sight } from '../core/view.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { NotifyChannel } from '../wire/notify-channel.ts';
import { limits } from './limits.ts';
import type { PodView } from './pod-view.ts';
import { type Declaration, Singleton, type SingletonState, type SingletonSurroundings } from './singleton.ts';

export interface SingletonsOptions extends Omit<SingletonSurroundings, 'sight'> {
  /** Of what matters in this namespace: another one's watches may have seen nothing yet. */
  readonly sight: (now: MonotonicMs, namespace: string) => Sight;
  /** By the singleton's name; each namespace has its own singleton of that name. */
  readonly podViews: ReadonlyMap<string, PodView>;
  /** Of those that are adopted by label. */
  readonly adoptedSettings: Settings;
  readonly adoptedChannels: readonly NotifyChannel[];
}

export class Singletons {
  readonly #options: SingletonsOptions;
  readonly #singletons = new Map<string, Singleton>();
  /** Woken within the present network chunk. */
  readonly #dirty = new Set<Singleton>();
  #stopped = false;

  constructor(options: SingletonsOptions) {
    this.#options = options;
  }

  /** Something about it has changed: it is decided on at the end of the chunk. */
  wake(namespace: string, name: string): void {
    const singleton = this.#singletonOf(namespace, name);
    if (singleton === undefined) return;
    singleton.loop.wake(this.#options.clock.now());
    this.#dirty.add(singleton);
  }

  wakeAll(): void {
    const now = this.#options.clock.now();
    for (const singleton of this.#singletons.values()) {
      singleton.loop.wake(now);
      this.#dirty.add(singleton);
    }
  }

  /** Decides on those that were woken. */
  stepDirty(): void {
    if (this.#dirty.size === 0) return;
    const woken = [...this.#dirty];
    this.#dirty.clear();
    for (const singleton of woken) singleton.loop.step();
  }

  /** Undefined while it stops, or where one of that name is looked after already. */
  declare(declaration: Declaration): Singleton | undefined {
    const key = `${declaration.pods.namespace}/${declaration.name}`;
    if (this.#stopped || this.#singletons.has(key)) return undefined;
    const singleton = this.#make(declaration);
    this.#singletons.set(key, singleton);
    this.wake(declaration.pods.namespace, declaration.name);
    return singleton;
  }

  /** A pass that is under way goes on to its end. */
  withdraw(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const singleton = this.#singletons.get(key);
    if (singleton === undefined) return;
    this.#singletons.delete(key);
    this.#dirty.delete(singleton);
    void singleton.stop();
  }

  all(): readonly Singleton[] {
    return [...this.#singletons.values()];
  }

  states(): readonly SingletonState[] {
    return this.all().map((singleton) => singleton.state());
  }

  sayProblem(namespace: string, name: string, podName: string, problem: string): void {
    this.#singletonOf(namespace, name)?.sayProblem(podName, problem);
  }

  /** Those that are met after this are not begun with. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#singletons.values()].map((singleton) => singleton.stop()));
  }

  /** Undefined for a record whose singleton this controller does not adopt, and for whatever is new while it stops. */
  #singletonOf(namespace: string, name: string): Singleton | undefined {
    const key = `${namespace}/${name}`;
    const known = this.#singletons.get(key);
    if (known !== undefined) return known;
    const podView = this.#options.podViews.get(name);
    if (podView === undefined || this.#stopped) return undefined;
    this.#makeRoom();
    const singleton = this.#make({
      name,
      podView,
      pods: podView.podsOf(namespace),
      serviceName: undefined,
      settings: () => this.#options.adoptedSettings,
      channels: () => this.#options.adoptedChannels,
      epochFloor: () => noEpoch,
    });
    this.#singletons.set(key, singleton);
    return singleton;
  }

  #make(declaration: Declaration): Singleton {
    const { sight } = this.#options;
    const { namespace } = declaration.pods;
    return new Singleton(declaration, { ...this.#options, sight: (now) => sight(now, namespace) });
  }

  /** Namespaces come and go. The oldest singleton without pods and record makes room once there are too many. */
  #makeRoom(): void {
    if (this.#singletons.size < limits.emptySingletonsMax) return;
    for (const [key, singleton] of this.#singletons) {
      if (!singleton.isGone) continue;
      this.#singletons.delete(key);
      this.#dirty.delete(singleton);
      this.#options.podViews.get(singleton.name)?.forget(singleton.namespace);
      void singleton.stop();
      return;
    }
  }
}
