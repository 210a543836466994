/**
 * Owns the strikes that go over the API, as kubectl sends them. Each resolves to the machine time (ms) of its request, over
 * a session that stands already. Must not know processes and networks: the bed's faults do.
 */
import { setTimeout } from 'node:timers/promises';
import type { Mode } from '../../../src/api/singleton.ts';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { recordName } from '../../../src/controller/stored-record.ts';
import { words } from '../../../src/controller/words.ts';
import type { JsonObject } from '../../../src/kube/decode.ts';
import { decodeIdentity } from '../../../src/kube/decode-meta.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import { ApiRefusal } from '../kube-api.ts';
import {
  selectorIn,
  servicePath,
  singletonName,
  singletonObject,
  singletonsPath,
} from '../singleton/manifests.ts';
import type { SingletonPlace } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';

const goneWithinMs = 10_000;
const drainedWithinMs = 20_000;
const evictAgainMs = 500;

/** `kubectl delete pod`; with `--force`, the API forgets the pod at once, whatever still runs. */
export async function deletePod(
  { api }: Stage,
  pod: PodObject,
  { force = false }: { readonly force?: boolean } = {},
): Promise<number> {
  const struckAtMs = machineNowMs();
  await api.delete(podPath(pod), {
    propagationPolicy: 'Background',
    ...(force ? { gracePeriodSeconds: 0 } : {}),
  });
  return struckAtMs;
}

/** What `kubectl drain` sends for each pod. Rejects with an ApiRefusal (429) where a PodDisruptionBudget forbids it. */
export async function evictPod({ api }: Stage, pod: PodObject): Promise<number> {
  const struckAtMs = machineNowMs();
  await api.create(`${podPath(pod)}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace: pod.namespace, name: pod.name },
  });
  return struckAtMs;
}

/**
 * `kubectl drain` of its node, but of this pod alone: the node is cordoned, and the eviction tried again while a budget
 * forbids it. kubectl waits for 5 s between two tries.
 */
export async function drain(stage: Stage, pod: PodObject): Promise<number> {
  const struckAtMs = machineNowMs();
  await setSchedulable(stage, pod.node, false);
  for (;;) {
    try {
      await evictPod(stage, pod);
      return struckAtMs;
    } catch (error) {
      // It went by itself meanwhile.
      if (error instanceof ApiRefusal && error.status === 404) return struckAtMs;
      const isForbidden = error instanceof ApiRefusal && error.status === 429;
      if (!isForbidden || machineNowMs() - struckAtMs > drainedWithinMs) throw error;
      await setTimeout(evictAgainMs);
    }
  }
}

/** As `understudy switchover` asks for it: the annotation, with the epoch that was seen. */
export async function askForSwitchover({ api }: Stage, namespace: string, epoch: number): Promise<number> {
  const struckAtMs = machineNowMs();
  const annotations = { [words.switchover]: `best@${epoch}` };
  await api.mergePatch(`${singletonsPath(namespace)}/${singletonName}`, { metadata: { annotations } });
  return struckAtMs;
}

/** `kubectl uncordon`, or `kubectl cordon`. */
export async function setSchedulable(
  { api }: Stage,
  node: string | undefined,
  schedulable: boolean,
): Promise<void> {
  if (node === undefined) throw new TypeError('a pod that is on no node');
  await api.mergePatch(`/api/v1/nodes/${node}`, { spec: { unschedulable: schedulable ? null : true } });
}

/** `kubectl rollout restart`, of a Deployment by its path. */
export async function restartRollout({ api }: Stage, workloadPath: string): Promise<number> {
  const struckAtMs = machineNowMs();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await api.mergePatch(workloadPath, { spec: { template: { metadata: { annotations } } } });
  return struckAtMs;
}

/** `kubectl patch service`: with a selector, or without one. */
export async function setSelector(
  { api }: Stage,
  { namespace, labels }: SingletonPlace,
  mode: Mode,
): Promise<number> {
  const struckAtMs = machineNowMs();
  await api.mergePatch(servicePath(namespace), { spec: { selector: selectorIn(mode, labels) ?? null } });
  return struckAtMs;
}

/** Takes every endpoint out of the controllers' own slice. Resolves to what the API made of it, too. */
export async function emptySlice(
  { api }: Stage,
  place: SingletonPlace,
): Promise<{ readonly struckAtMs: number; readonly slice: JsonObject }> {
  const struckAtMs = machineNowMs();
  const slice = await api.mergePatch(recordPath(place, 'Direct'), { endpoints: [] });
  return { struckAtMs, slice };
}

export async function deleteRecord({ api }: Stage, place: SingletonPlace, mode: Mode): Promise<number> {
  const struckAtMs = machineNowMs();
  await api.delete(recordPath(place, mode));
  return struckAtMs;
}

/** `kubectl delete`, and `kubectl apply` once it is gone. */
export async function recreateSingleton(
  { api, recorder }: Stage,
  { namespace, labels }: SingletonPlace,
): Promise<number> {
  const path = singletonsPath(namespace);
  const struckAtMs = machineNowMs();
  await api.delete(`${path}/${singletonName}`);
  await recorder.waitFor(() => {
    const namespaces = recorder.current('singletons').map((object) => decodeIdentity(object).namespace);
    return namespaces.includes(namespace) ? 'the Singleton to go' : {};
  }, goneWithinMs);
  await api.create(path, singletonObject(labels));
  return struckAtMs;
}

/** As the pod's status has it: the bed's faults find the process by it. @throws TypeError where it has never run */
export function containerId(pod: PodObject, name: string): string {
  const id = pod.containers.find((container) => container.name === name)?.containerId;
  if (id === undefined) throw new TypeError(`${name} of ${pod.name} has never run`);
  return id;
}

function podPath({ namespace, name }: PodObject): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

function recordPath({ namespace, service }: SingletonPlace, mode: Mode): string {
  const collection = mode === 'Direct' ? 'discovery.k8s.io/v1' : 'coordination.k8s.io/v1';
  const plural = mode === 'Direct' ? 'endpointslices' : 'leases';
  return `/apis/${collection}/namespaces/${namespace}/${plural}/${recordName(service)}`;
}
