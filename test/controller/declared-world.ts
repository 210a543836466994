/*
 * Owns a small world in which controllers look after Singletons, adopt nothing, and lead Services in both modes.
 * Must not help the controllers: what they know, they know from the API.
 */

import { singletonDefinition } from '../../src/api/custom-resource-definition.ts';
import { type SingletonStatus, singletonVersion } from '../../src/api/singleton.ts';
import { decodeStatus } from '../../src/api/status-codec.ts';
import { mayGetTraffic } from '../../src/controller/endpoints-codec.ts';
import { decodeEndpointSlice, type EndpointSliceObject } from '../../src/kube/decode-endpoint-slice.ts';
import type { JsonObject } from '../../src/sandbox/api/json.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { World, type WorldOptions } from './world.ts';

export class DeclaredWorld extends World {
  constructor(options: Omit<WorldOptions, 'singletons'> = {}) {
    super({ ...options, singletons: true });
    this.store.create(resourceTypes.customresourcedefinitions, singletonDefinition);
    this.#watchSlices();
    this.#watchStatuses();
  }

  /** `selector` undefined: a Service whose endpoints are ours to make. */
  setService(name: string, selector?: Readonly<Record<string, string>>, more: object = {}): void {
    const ports = [{ name: 'main', port: 8080, targetPort: 8080, protocol: 'TCP' }];
    const spec = { clusterIP: '10.96.0.10', ipFamilies: ['IPv4'], ports, selector, ...more };
    const known = this.store.get(resourceTypes.services, 'default', name);
    if (known === undefined)
      this.store.create(resourceTypes.services, { metadata: { name, namespace: 'default' }, spec });
    else this.store.update(resourceTypes.services, { ...known, spec });
  }

  /** Of members with the label app=hapod. */
  createSingleton(name: string, spec: object = {}): void {
    const selector = { matchLabels: { app: 'hapod' } };
    const body = {
      apiVersion: singletonVersion,
      kind: 'Singleton',
      metadata: { name, namespace: 'default' },
      spec: { selector, service: name, ...spec },
    };
    this.store.create(this.#singletonType, body);
  }

  /** As where an older definition is in force: the API lets anything in. */
  loosenDefinition(): void {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    const patch = {
      type: 'json',
      body: [{ op: 'replace', path: '/spec/versions/0/schema', value: schema }],
    } as const;
    const { plural, group } = this.#singletonType;
    this.store.patch(resourceTypes.customresourcedefinitions, undefined, `${plural}.${group}`, patch);
  }

  patchSingleton(name: string, body: JsonObject): void {
    this.store.patch(this.#singletonType, 'default', name, { type: 'merge', body });
  }

  singletonIsThere(name: string): boolean {
    return this.store.get(this.#singletonType, 'default', name) !== undefined;
  }

  deleteSingleton(name: string): void {
    this.store.delete(this.#singletonType, 'default', name);
  }

  /** As whoever may write it by hand. */
  patchStatus(name: string, status: JsonObject): void {
    const patch = { type: 'merge', body: { status } } as const;
    this.store.patch(this.#singletonType, 'default', name, patch, { subresource: 'status' });
  }

  singletonAnnotations(name: string): Readonly<Record<string, string>> {
    return this.store.mustGet(this.#singletonType, 'default', name).metadata.annotations ?? {};
  }

  singletonStatus(name: string): SingletonStatus | undefined {
    const stored = this.store.get(this.#singletonType, 'default', name);
    return stored === undefined ? undefined : decodeStatus(stored.status);
  }

  get #singletonType(): ResourceType {
    const type = this.store.types.byKind(singletonVersion, 'Singleton');
    if (type === undefined) throw new TypeError('this world has no Singletons');
    return type;
  }

  /** The record of a Service in Direct mode. */
  slice(service: string): EndpointSliceObject | undefined {
    const stored = this.store.get(resourceTypes.endpointslices, 'default', `understudy-${service}`);
    return stored === undefined ? undefined : decodeEndpointSlice(stored);
  }

  /** What the EndpointSlice controller makes of a Service with a selector. */
  setKubernetesSlice(service: string, ready: readonly string[]): void {
    const endpoints = ready.map((name) => ({
      addresses: [this.pod(name)?.ip],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'default', name, uid: this.pod(name)?.uid },
    }));
    const metadata = {
      name: `${service}-k8s`,
      namespace: 'default',
      labels: {
        'kubernetes.io/service-name': service,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
    };
    const known = this.store.get(resourceTypes.endpointslices, 'default', metadata.name);
    if (known !== undefined) this.store.update(resourceTypes.endpointslices, { ...known, endpoints });
    else {
      const ports = [{ name: 'main', port: 8080, protocol: 'TCP' }];
      this.store.create(resourceTypes.endpointslices, { metadata, addressType: 'IPv4', endpoints, ports });
    }
  }

  /** How many slices a Service has, whoever made them. */
  slices(service: string): number {
    return this.store
      .list(resourceTypes.endpointslices, { namespace: 'default' })
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service).length;
  }

  /** The pods that all slices of a Service lead to, whoever made them. */
  reached(service: string): readonly string[] {
    const endpoints = this.store
      .list(resourceTypes.endpointslices, { namespace: 'default' })
      .map((stored) => decodeEndpointSlice(stored))
      .filter(({ labels }) => labels['kubernetes.io/service-name'] === service)
      .flatMap((slice) => slice.endpoints);
    return [...new Set(endpoints.filter(mayGetTraffic).map(({ targetName }) => targetName ?? '?'))].sort();
  }

  /** As for the records of Labels mode: an epoch has one holder and only grows. And a Service never reaches two. */
  #watchSlices(): void {
    const epochs = new Map<string, { epoch: number; holder: string | undefined }>();
    this.store.subscribe(resourceTypes.endpointslices, ({ type, object }) => {
      const slice = decodeEndpointSlice(object);
      const service = slice.labels['kubernetes.io/service-name'] ?? '';
      const reached = this.reached(service);
      if (reached.length > 1) this.violations.push(`${service} reaches several: ${reached.join(', ')}`);
      const epoch = Number(slice.annotations['understudy.dev/record-epoch'] ?? 0);
      const holder = slice.annotations['understudy.dev/holder'];
      if (type === 'DELETED' || holder === undefined) return;
      const before = epochs.get(service);
      const isOther = before !== undefined && epoch === before.epoch && holder !== before.holder;
      if (before !== undefined && (epoch < before.epoch || isOther))
        this.violations.push(
          `epoch ${before.epoch} of ${before.holder} was followed by ${epoch} of ${holder}`,
        );
      epochs.set(service, { epoch, holder });
    });
  }

  /** What a status has told of a record stays told: neither its epochs nor its moves are taken back. */
  #watchStatuses(): void {
    const told = new Map<string, SingletonStatus | undefined>();
    this.store.subscribe(this.#singletonType, ({ object }) => {
      const { uid = '', name } = object.metadata;
      const status = decodeStatus(object.status);
      const before = told.get(uid);
      told.set(uid, status);
      const epochs = (of: SingletonStatus | undefined) => [
        of?.epoch ?? 0,
        of?.active?.epoch ?? of?.epoch ?? 0,
      ];
      const [fell] = epochs(before).filter((epoch, index) => epoch > (epochs(status)[index] ?? 0));
      if (fell !== undefined) this.violations.push(`the status of ${name} took epoch ${fell} back`);
      const moved = Math.max(0, ...(before?.history ?? []).map((move) => move.epoch));
      if (moved > 0 && !status?.history.some(({ epoch }) => epoch >= moved))
        this.violations.push(`the status of ${name} forgot the move to epoch ${moved}`);
    });
  }
}
