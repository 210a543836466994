/**
 * Owns the data path of Services: a proxy on each cluster address and port, kept in step with Services and
 * EndpointSlices. A change counts for the next connection, within the event that told of it; with `proxySyncMs` it is
 * as late as a kube-proxy whose last sync is less than that ago (its minSyncPeriod).
 * Must not carry bytes: tcp-proxy.ts and udp-proxy.ts do.
 */
import type { Clock, MonotonicMs, Random, Timer } from '../../time/clock.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { SlicesByService, serviceKeyOfSlice } from '../slices-by-service.ts';
import type { StoreLink } from '../store-link.ts';
import {
  type Frontend,
  frontendKey,
  type Route,
  type Routes,
  routesOf,
  sameRoutes,
} from './routing-table.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { UdpProxy } from './udp-proxy.ts';

export interface ServiceProxyOptions {
  readonly link: StoreLink;
  readonly clock: Clock;
  readonly random: Random;
  /** 0: every change counts at once. kube-proxy's default is 1000. */
  readonly proxySyncMs?: number;
  readonly onTrouble: (message: string) => void;
}

type PortProxy = TcpProxy | UdpProxy;

export class ServiceProxy {
  readonly #options: ServiceProxyOptions;
  readonly #slices: SlicesByService;
  readonly #unsubscribe: readonly (() => void)[];
  /** By Service ("namespace/name"): what it should be, and what is served. */
  readonly #served = new Map<string, Routes>();
  readonly #proxies = new Map<string, PortProxy>();
  readonly #changed = new Set<string>();
  #syncedAt: MonotonicMs | undefined;
  #timer: Timer | undefined;

  constructor(options: ServiceProxyOptions) {
    this.#options = options;
    const { link } = options;
    this.#slices = new SlicesByService(link);
    this.#unsubscribe = [
      link.subscribe(resourceTypes.services, ({ object }) => this.#onChange(serviceKey(object))),
      link.subscribe(resourceTypes.endpointslices, ({ object, previous }) => {
        this.#onChange(serviceKeyOfSlice(object));
        if (previous !== undefined && serviceKeyOfSlice(previous) !== serviceKeyOfSlice(object))
          this.#onChange(serviceKeyOfSlice(previous));
      }),
    ];
    link.onReconnected(() => this.#lookAtAll());
    this.#lookAtAll();
  }

  close(): void {
    for (const stop of this.#unsubscribe) stop();
    this.#slices.close();
    this.#timer?.cancel();
    for (const proxy of this.#proxies.values()) proxy.close();
    this.#proxies.clear();
  }

  #lookAtAll(): void {
    for (const service of this.#options.link.list(resourceTypes.services))
      this.#changed.add(serviceKey(service));
    for (const key of this.#served.keys()) this.#changed.add(key);
    this.#sync();
  }

  #onChange(key: string | undefined): void {
    if (key === undefined) return;
    this.#changed.add(key);
    this.#syncWhenDue();
  }

  #syncWhenDue(): void {
    const { clock, proxySyncMs = 0 } = this.#options;
    const waitMs = this.#syncedAt === undefined ? 0 : this.#syncedAt + proxySyncMs - clock.now();
    if (waitMs <= 0 || proxySyncMs === 0) this.#sync();
    else this.#timer ??= clock.schedule(waitMs, () => this.#sync());
  }

  #sync(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#syncedAt = this.#options.clock.now();
    for (const key of this.#changed) this.#syncService(key);
    this.#changed.clear();
  }

  #syncService(key: string): void {
    const { link } = this.#options;
    const [namespace = '', name = ''] = key.split('/');
    const service = link.get(resourceTypes.services, namespace, name);
    const wanted: Routes = service === undefined ? new Map() : routesOf(service, this.#slices.of(key));
    const served = this.#served.get(key) ?? new Map();
    if (sameRoutes(served, wanted)) return;
    for (const frontend of served.keys()) if (!wanted.has(frontend)) this.#remove(frontend);
    for (const route of wanted.values()) this.#proxyFor(route).route(route);
    if (wanted.size > 0) this.#served.set(key, wanted);
    else this.#served.delete(key);
  }

  #remove(frontend: string): void {
    this.#proxies.get(frontend)?.close();
    this.#proxies.delete(frontend);
  }

  #proxyFor({ frontend, name }: Route): PortProxy {
    const key = frontendKey(frontend);
    const known = this.#proxies.get(key);
    if (known !== undefined) return known;
    const proxy = this.#createProxy(frontend, name);
    this.#proxies.set(key, proxy);
    return proxy;
  }

  #createProxy(frontend: Frontend, name: string): PortProxy {
    const { clock, random, onTrouble } = this.#options;
    const options = {
      frontend,
      clock,
      random,
      onTrouble: (message: string) => onTrouble(`Service ${name}: ${message}`),
    };
    return frontend.protocol === 'TCP' ? new TcpProxy(options) : new UdpProxy(options);
  }
}

function serviceKey({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
