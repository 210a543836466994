/**
 * Owns taking the measured application away from a namespace that stays: some peers work in one of them only.
 * Must not put it there: it is that of the project's own scenes.
 */
import type { Cluster } from '../../test/cluster/cluster.ts';
import { programName, serviceName, workloadName } from '../../test/e2e/singleton/manifests.ts';

/** Whether or not it is there. Resolves when its pods are gone. */
export async function removePeerApplication(cluster: Cluster, namespace: string): Promise<void> {
  const objects = [`replicaset/${workloadName}`, `service/${serviceName}`, `configmap/${programName}`];
  const words = ['delete', '--ignore-not-found', '--cascade=foreground', `--namespace=${namespace}`];
  await cluster.runKubectl([...words, ...objects]);
}
