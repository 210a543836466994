/**
 * Owns the kube-proxy of one node: it hears of Services and slices some time after the API has them, writes its rules,
 * and then pauses. Until then clients of that node are sent where the rules of before say.
 * Must not look into applications.
 */
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { Store } from '../../src/sandbox/api/store.ts';
import { type Backend, type Routes, routesOf } from '../../src/sandbox/proxy/routing-table.ts';
import { SlicesByService } from '../../src/sandbox/slices-by-service.ts';
import { StoreLink } from '../../src/sandbox/store-link.ts';
import type { Clock, MonotonicMs, Random } from '../../src/time/clock.ts';

export interface NodeProxyOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly node: string;
  /** kube-proxy's minSyncPeriod. */
  readonly pauseMs: number;
}

/** Rules for a handful of Services are written within this (nft). */
const syncMsMax = 16;

export class NodeProxy {
  readonly node: string;
  readonly link: StoreLink;
  readonly #options: NodeProxyOptions;
  readonly #slices: SlicesByService;
  #routes: Routes = new Map();
  #isDue = false;
  #syncedAt: MonotonicMs | undefined;
  /** A watch that is late. */
  lagMs = 0;

  constructor(options: NodeProxyOptions) {
    this.#options = options;
    this.node = options.node;
    this.link = new StoreLink(options.store);
    this.#slices = new SlicesByService(this.link);
    this.link.subscribe(resourceTypes.services, () => this.#hear());
    this.link.subscribe(resourceTypes.endpointslices, () => this.#hear());
    this.link.onReconnected(() => this.#hear());
    this.#hear();
  }

  /** Where a new connection to this Service goes; empty where nobody is to be reached. */
  backendsOf(service: string): readonly Backend[] {
    for (const route of this.#routes.values())
      if (route.name.startsWith(`${service}:`)) return route.backends;
    return [];
  }

  #hear(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const { clock, pauseMs, random } = this.#options;
    const pauseLeftMs = this.#syncedAt === undefined ? 0 : this.#syncedAt + pauseMs - clock.now();
    clock.schedule(this.lagMs + Math.max(random.fraction() * syncMsMax, pauseLeftMs), () => this.#sync());
  }

  #sync(): void {
    this.#isDue = false;
    if (!this.link.connected) return;
    this.#syncedAt = this.#options.clock.now();
    this.#routes = new Map(
      this.link
        .list(resourceTypes.services)
        .flatMap((service) => [
          ...routesOf(service, this.#slices.of(`${service.metadata.namespace}/${service.metadata.name}`)),
        ]),
    );
  }
}
