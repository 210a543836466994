/**
 * Owns the question whether this controller runs as a pod, and which pods are its sisters.
 * Must not be needed: outside a cluster the Leases alone name the pair.
 */
import { decodePod, type PodObject } from '../kube/decode-pod.ts';
import { getRequest } from '../kube/request.ts';
import { PODS } from '../kube/resources.ts';
import { type Clock, pause } from '../time/clock.ts';
import { type ApiCalls, readObject } from './api-calls.ts';
import { limits } from './limits.ts';
import { podDecoding } from './pod-codec.ts';
import { words } from './words.ts';

export interface OwnPodOptions {
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  readonly isStopped: () => boolean;
}

/** Asks until there is an answer. Undefined: there is no such pod, or it may not be read. */
export async function findOwnPod({
  calls,
  clock,
  namespace,
  name,
  isStopped,
}: OwnPodOptions): Promise<PodObject | undefined> {
  while (!isStopped()) {
    const outcome = await calls.send(getRequest(PODS, { namespace, name }), {
      urgency: 'first',
      timeoutMs: limits.startRequestTimeoutMs,
    });
    if (outcome.kind === 'ok') return readObject(outcome.body, (raw) => decodePod(raw, podDecoding));
    if (
      outcome.kind !== 'unreachable' &&
      outcome.kind !== 'serverError' &&
      outcome.kind !== 'tooManyRequests'
    )
      return undefined;
    await pause(clock, limits.heartbeatRetryMs);
  }
  return undefined;
}

/** What differs between the pods of one workload, or is changed by us. */
const individualLabels: ReadonlySet<string> = new Set([
  words.role,
  'pod-template-hash',
  'controller-revision-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

/** Selects the own pod and its sisters by the labels they share; undefined where the own pod has none. */
export function sisterSelector(pod: Pick<PodObject, 'labels'>): string | undefined {
  const shared = Object.entries(pod.labels).filter(([key]) => !individualLabels.has(key));
  return shared.length === 0 ? undefined : shared.map(([key, value]) => `${key}=${value}`).join(',');
}
