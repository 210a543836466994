/**
 * Owns all singletons of a controller: making them when they are first seen, waking them, and letting the oldest go.
 * Must not look into one.
 */
import type { Sight } from '../core/view.ts';
import type { MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';
import type { PodView } from './pod-view.ts';
import { Singleton, type SingletonState, type SingletonSurroundings } from './singleton.ts';

export interface SingletonsOptions extends Omit<SingletonSurroundings, 'sight'> {
  /** Of what matters in this namespace: another one's watches may have seen nothing yet. */
  readonly sight: (now: MonotonicMs, namespace: string) => Sight;
  /** By the singleton's name; each namespace has its own singleton of that name. */
  readonly podViews: ReadonlyMap<string, PodView>;
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

  states(): readonly SingletonState[] {
    return [...this.#singletons.values()].map((singleton) => singleton.state());
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
    const { sight } = this.#options;
    const singleton = new Singleton(name, podView, podView.podsOf(namespace), {
      ...this.#options,
      sight: (now) => sight(now, namespace),
    });
    this.#singletons.set(key, singleton);
    return singleton;
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
