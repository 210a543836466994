/**
 * Owns what Direct mode knows of one singleton's traffic: its Service, and the endpoints that would lead it.
 * Must not write them: they go with the record.
 */
import type { RecordWrite } from '../core/record.ts';
import type { EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { IpFamily, ServiceObject } from '../kube/decode-service.ts';
import {
  addressOf,
  type DirectRecordTraffic,
  type EndpointsBody,
  encodeEndpoints,
  judgeTraffic,
  unknownPorts,
} from './endpoints-codec.ts';
import type { ServiceView } from './service-view.ts';
import type { SingletonPods } from './singleton-pods.ts';

export interface DirectTrafficOptions {
  readonly namespace: string;
  readonly serviceName: string;
  readonly services: ServiceView;
  readonly pods: SingletonPods;
}

export class DirectTraffic {
  readonly #options: DirectTrafficOptions;
  /** The last one seen: what was decided while it was there is still carried out when it goes. */
  #lastService: ServiceObject | undefined;

  constructor(options: DirectTrafficOptions) {
    this.#options = options;
  }

  /** Undefined while there is none of that name, or none has been seen yet. */
  get seenService(): ServiceObject | undefined {
    const { namespace, serviceName, services } = this.#options;
    const service = services.serviceOf(namespace, serviceName);
    this.#lastService = service ?? this.#lastService;
    return service;
  }

  /** The Service is there, and nobody else makes its endpoints. */
  get isWanted(): boolean {
    const service = this.seenService;
    return service !== undefined && service.selector === undefined && service.type !== 'ExternalName';
  }

  /** To be asked only after `isWanted`. */
  get service(): ServiceObject {
    const service = this.seenService ?? this.#lastService;
    if (service === undefined) throw new TypeError('asked for a Service that was never there');
    return service;
  }

  /** Of the record. */
  get family(): IpFamily {
    return this.service.ipFamilies[0] ?? 'IPv4';
  }

  /** It follows the record. Undefined: the Service has one. */
  get secondFamily(): IpFamily | undefined {
    return this.isWanted ? this.service.ipFamilies[1] : undefined;
  }

  hasAddress(uid: string, family: IpFamily): boolean {
    const pod = this.#options.pods.pods.find((each) => each.uid === uid);
    return pod !== undefined && addressOf(pod, family) !== undefined;
  }

  endpointsFor(
    { holder, serving }: Pick<RecordWrite, 'holder' | 'serving'>,
    before: EndpointSliceObject | undefined,
    family = this.family,
  ): EndpointsBody {
    return encodeEndpoints({ ...this.#wanted(holder.uid, family), serving }, before);
  }

  judge(slice: EndpointSliceObject, holderUid: string, family = this.family): DirectRecordTraffic {
    return judgeTraffic(slice, this.#wanted(holderUid, family));
  }

  /** What keeps traffic from where it should go, one sentence each. */
  get problems(): readonly string[] {
    const service = this.seenService;
    if (service === undefined) return [`there is no Service ${this.#options.serviceName} (yet)`];
    const { pods } = this.#options.pods;
    return unknownPorts(service, pods).map(
      (port) => `port ${port} of Service ${service.name} is the name of no port of any member`,
    );
  }

  #wanted(holderUid: string, family: IpFamily) {
    const { pods } = this.#options.pods;
    const staying = pods.filter(({ uid, deletion }) => deletion === undefined || uid === holderUid);
    return { service: this.service, family, pods: staying, holderUid };
  }
}
