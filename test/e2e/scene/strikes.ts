/**
 * Owns the strikes that go over the API, as kubectl sends them. Each resolves to the machine time (ms) of its request, over
 * a session that stands already. Must not know processes and networks: the bed's faults do.
 */
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import type { Stage } from '../stage.ts';

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

/** `kubectl rollout restart`, of a Deployment by its path. */
export async function restartRollout({ api }: Stage, workloadPath: string): Promise<number> {
  const struckAtMs = machineNowMs();
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await api.mergePatch(workloadPath, { spec: { template: { metadata: { annotations } } } });
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
