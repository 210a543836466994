/**
 * Owns the clients of the singletons' Services: each asks in turn from a node, and what came of it is kept.
 * Must not know who should be active.
 */
import type { Clock, Random } from '../../src/time/clock.ts';
import type { Applications } from './applications.ts';
import type { Network } from './network.ts';
import type { NodeProxy } from './node-proxy.ts';

export interface Attempt {
  readonly atMs: number;
  readonly singleton: string;
  /** Who answered; undefined: nobody. */
  readonly podUid: string | undefined;
}

export interface ClientsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly proxies: readonly NodeProxy[];
  readonly applications: Applications;
  readonly everyMs: number;
  readonly singletons: readonly { readonly name: string; readonly namespace: string }[];
}

export class Clients {
  readonly #options: ClientsOptions;
  readonly attempts: Attempt[] = [];

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  start(): void {
    for (const singleton of this.#options.singletons) this.#ask(singleton);
  }

  #ask(singleton: { readonly name: string; readonly namespace: string }): void {
    const { clock, everyMs, random, proxies } = this.#options;
    const proxy = proxies[Math.floor(random.fraction() * proxies.length)];
    // A client on a node that is cut off reaches nobody, and is not who liveness is promised to.
    if (proxy?.link.connected === true) this.#attempt(proxy, singleton);
    clock.schedule(everyMs * (0.5 + random.fraction()), () => this.#ask(singleton));
  }

  #attempt(
    proxy: NodeProxy,
    { name, namespace }: { readonly name: string; readonly namespace: string },
  ): void {
    const { clock, random, network, applications } = this.#options;
    const backends = proxy.backendsOf(`${namespace}/${name}`);
    const backend = backends[Math.floor(random.fraction() * backends.length)];
    const application = backend === undefined ? undefined : applications.at(backend.address);
    const { node } = proxy;
    const isReached =
      application?.isServing === true &&
      !network.isCut(node, application.identity.node) &&
      !network.isCut(application.identity.node, node);
    const podUid = isReached ? application.identity.podUid : undefined;
    this.attempts.push({ atMs: clock.now(), singleton: name, podUid });
  }
}
