/**
 * Owns which controllers run in the real cluster: those of deploy/, or the ancestor's; never both, as each would adopt
 * the other's pods too. Must not wait until they are in good order: the stage does.
 */
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.ts';
import { type ControllerPlace, deployedControllers, exampleControllers } from './stage.ts';

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The files as a user applies them. */
const filesOf = new Map<ControllerPlace, readonly string[]>([
  [deployedControllers, ['deploy/understudy.yaml']],
  [
    exampleControllers,
    ['icr_sa.yaml', 'icr_cr.yaml', 'icr_crb.yaml', 'icr_replicaset.yaml'].map(
      (file) => `examples/hapod/${file}`,
    ),
  ],
]);

export async function putControllers(cluster: Cluster, place: ControllerPlace): Promise<void> {
  for (const [other, files] of filesOf) if (other !== place) await removeControllers(cluster, files);
  for (const file of filesOf.get(place) ?? []) await cluster.runKubectl(['apply', '-f', fromRoot(file)]);
}

/** Their pods end at once: nothing of the next scene is to be theirs. */
async function removeControllers(cluster: Cluster, files: readonly string[]): Promise<void> {
  for (const file of files)
    await cluster.runKubectl(['delete', '--ignore-not-found', '--cascade=foreground', '-f', fromRoot(file)]);
}
