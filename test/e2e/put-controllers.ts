/**
 * Owns which controllers run in the real cluster: those of deploy/, or the ancestor's; never both, as each would adopt
 * the other's pods too. Must not wait until they are in good order: the stage does.
 */
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../cluster/cluster.ts';
import { type ControllerPlace, deployedControllers, exampleControllers } from './stage.ts';

/** What a Singleton is. It stays when its controllers go, as it does for a user: Singletons would go with it. */
const definition = { file: 'deploy/crd.yaml', name: 'customresourcedefinition/singletons.understudy.dev' };

interface ControllerSet {
  /** As a user applies them, from the project's root. */
  readonly files: readonly string[];
  /** Whose pods are the controllers, as kubectl names it. */
  readonly workload: readonly string[];
}

const deployed: ControllerSet = {
  files: ['deploy/understudy.yaml'],
  workload: ['--namespace=understudy', 'deployment/understudy'],
};

const example: ControllerSet = {
  files: ['icr_sa', 'icr_cr', 'icr_crb', 'icr_replicaset'].map((file) => `examples/hapod/${file}.yaml`),
  workload: ['--namespace=default', 'replicaset/myicrrset'],
};

const sets = new Map<ControllerPlace, ControllerSet>([
  [deployedControllers, deployed],
  [exampleControllers, example],
]);

export async function putControllers(cluster: Cluster, place: ControllerPlace): Promise<void> {
  for (const [other, set] of sets) if (other !== place) await removeControllers(cluster, set);
  if (place.singletons) await putDefinition(cluster);
  for (const file of sets.get(place)?.files ?? []) await cluster.runKubectl(['apply', '-f', pathOf(file)]);
}

/** Resolves when the API serves them. */
async function putDefinition(cluster: Cluster): Promise<void> {
  await cluster.runKubectl(['apply', '-f', pathOf(definition.file)]);
  await cluster.runKubectl(['wait', '--for=condition=Established', '--timeout=30s', definition.name]);
}

/** Whichever there are: something else is to control the pods. */
export async function putNoControllers(cluster: Cluster): Promise<void> {
  for (const set of sets.values()) await removeControllers(cluster, set);
}

/** The controllers first, while they still may what they do when they stop. */
async function removeControllers(cluster: Cluster, { files, workload }: ControllerSet): Promise<void> {
  await cluster.runKubectl(['delete', '--ignore-not-found', '--cascade=foreground', ...workload]);
  for (const file of files) await cluster.runKubectl(['delete', '--ignore-not-found', '-f', pathOf(file)]);
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../${file}`, import.meta.url));
}
