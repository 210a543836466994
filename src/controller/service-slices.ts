/**
 * Owns what else makes endpoints for a singleton's Service while its mode changes: the slices that Kubernetes keeps, and
 * those that it leaves behind, ready for ever, when a Service loses its selector (kubernetes: endpointslice controller).
 * Must not touch a slice that somebody made by hand.
 */
import { asObject, items } from '../kube/decode.ts';
import { decodeEndpointSlice, type EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import { decodeIdentity } from '../kube/decode-meta.ts';
import { deleteRequest, getRequest, listRequest } from '../kube/request.ts';
import { ENDPOINT_SLICES, ENDPOINTS, type Resource } from '../kube/resources.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { type ApiCalls, type CallFailure, describeFailure, readObject } from './api-calls.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import { words } from './words.ts';

/** What is to be found out, or put right. */
export type SliceTask =
  | { readonly kind: 'none' }
  /** Direct mode, for this Service: nobody else's endpoints may lead anywhere. `service` tells one change of it from another. */
  | { readonly kind: 'clear'; readonly service: string }
  /** Labels mode, our own endpoints still there: whether Kubernetes' lead to this pod by now. */
  | { readonly kind: 'await'; readonly holderUid: string };

export interface ServiceSlicesOptions {
  readonly namespace: string;
  readonly serviceName: string;
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** The holder is reached now, or nobody else leads anywhere any more. */
  readonly onSettled: () => void;
  readonly onBug: (error: unknown) => void;
}

const none: SliceTask = { kind: 'none' };

export class ServiceSlices {
  readonly #options: ServiceSlicesOptions;
  #task: SliceTask = none;
  #reachedUid: string | undefined;
  #clearedFor: string | undefined;
  #failures = 0;
  /** In a row, after each of which some were left. */
  #clearings = 0;
  #timer: Timer | undefined;
  #isBusy = false;
  #stopped = false;

  constructor(options: ServiceSlicesOptions) {
    this.#options = options;
  }

  /** Kubernetes' own endpoints lead to this pod, as far as it was asked for. */
  reaches(uid: string | undefined): boolean {
    return uid !== undefined && this.#reachedUid === uid;
  }

  /** Direct mode: it is known that nobody else's endpoints lead this Service, as of this version, anywhere. */
  isClear(service: string): boolean {
    return this.#clearedFor === service;
  }

  /** To be told with every decision; the same task again costs nothing. */
  follow(task: SliceTask): void {
    const isSame = describe(task) === describe(this.#task);
    this.#task = task;
    if (task.kind === 'await') this.#clearedFor = undefined;
    if (task.kind !== 'await') this.#reachedUid = undefined;
    if (isSame || task.kind === 'none') return;
    this.#arm(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    if (this.#stopped || this.#isBusy) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(delayMs, () => this.#begin());
  }

  #begin(): void {
    this.#isBusy = true;
    this.#work()
      .catch((error: unknown) => {
        this.#options.onBug(error);
        return limits.bugBackoffMs;
      })
      .then((delayMs) => {
        this.#isBusy = false;
        if (delayMs !== undefined) this.#arm(delayMs);
      })
      .catch(this.#options.onBug);
  }

  /** Resolves to when to look again; undefined where there is nothing more to do for this task. */
  async #work(): Promise<number | undefined> {
    const task = this.#task;
    if (task.kind === 'none' || (task.kind === 'clear' && this.#clearedFor === task.service))
      return undefined;
    const slices = await this.#list();
    if (slices === undefined) return this.#retryMs();
    if (this.#task !== task && describe(this.#task) !== describe(task)) return 0;
    if (task.kind === 'await') return this.#lookFor(task.holderUid, slices);
    const left = slices.filter(isKubernetes);
    if (left.length === 0) {
      this.#clearings = 0;
      this.#clearedFor = task.service;
      this.#options.onSettled();
      return undefined;
    }
    if (!(await this.#clear(left))) return this.#retryMs();
    // The controllers behind them may answer by one more: it is looked at until nothing is left.
    this.#clearings += 1;
    return Math.min(limits.sliceRecheckMs, limits.sliceRecheckMsMin * 2 ** Math.min(10, this.#clearings));
  }

  #lookFor(holderUid: string, slices: readonly EndpointSliceObject[]): number | undefined {
    const isReached = slices
      .filter(isKubernetes)
      .some(({ endpoints }) => endpoints.some(({ ready, targetUid }) => ready && targetUid === holderUid));
    if (!isReached) return limits.sliceRecheckMs;
    this.#reachedUid = holderUid;
    this.#options.onSettled();
    return undefined;
  }

  /** The Endpoints first: slices are mirrored from them, again and again. */
  async #clear(slices: readonly EndpointSliceObject[]): Promise<boolean> {
    const { namespace, serviceName, log } = this.#options;
    const names = slices.map(({ name }) => name).join(', ');
    log.write(
      'info',
      `Kubernetes has left endpoints of ${serviceName} behind, and they are deleted: ${names}`,
    );
    const target = { namespace, name: serviceName };
    const found = await this.#options.calls.send(getRequest(ENDPOINTS, target), { urgency: 'later' });
    if (found.kind === 'ok') {
      const endpoints = readObject(found.body, decodeIdentity);
      if (endpoints !== undefined && !(await this.#delete(ENDPOINTS, endpoints))) return false;
    } else if (found.kind !== 'notFound') return this.#sayFailure(found);
    const deleted = await Promise.all(slices.map((slice) => this.#delete(ENDPOINT_SLICES, slice)));
    return deleted.every((one) => one);
  }

  async #delete(
    resource: Resource,
    { name, uid }: { readonly name: string; readonly uid: string },
  ): Promise<boolean> {
    const { namespace, calls } = this.#options;
    const outcome = await calls.send(deleteRequest(resource, { namespace, name, uid }), { urgency: 'later' });
    const isGone = outcome.kind === 'ok' || outcome.kind === 'notFound' || outcome.kind === 'conflict';
    return isGone || this.#sayFailure(outcome);
  }

  async #list(): Promise<readonly EndpointSliceObject[] | undefined> {
    const { namespace, serviceName, calls } = this.#options;
    const request = listRequest(ENDPOINT_SLICES, {
      namespace,
      labelSelector: `${words.serviceName}=${serviceName}`,
    });
    const outcome = await calls.send(request, { urgency: 'later', timeoutMs: limits.startRequestTimeoutMs });
    if (outcome.kind !== 'ok') {
      this.#sayFailure(outcome);
      return undefined;
    }
    this.#failures = 0;
    return readObject(outcome.body, (raw) => items(asObject(raw), 'items', '', decodeEndpointSlice));
  }

  #sayFailure(failure: CallFailure): false {
    if (this.#failures === 0) {
      const because = describeFailure(failure);
      this.#options.log.write('warn', `endpoints of ${this.#options.serviceName} were not looked at`, {
        because,
      });
    }
    return false;
  }

  #retryMs(): number {
    this.#failures += 1;
    return Math.min(limits.refusedBackoffMsMax, limits.sliceRecheckMs * 2 ** Math.min(10, this.#failures));
  }
}

/** Kept by Kubernetes itself, or mirrored by it from Endpoints. */
const kubernetesManagers: ReadonlySet<string | undefined> = new Set([
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]);

function isKubernetes({ labels }: EndpointSliceObject): boolean {
  return kubernetesManagers.has(labels[words.managedBy]);
}

function describe(task: SliceTask): string {
  switch (task.kind) {
    case 'none':
      return '';
    case 'clear':
      return `clear ${task.service}`;
    case 'await':
      return `await ${task.holderUid}`;
  }
}
