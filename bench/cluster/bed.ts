/**
 * Owns the cluster that is measured on: one of its own, or the one that runs; and how it is left.
 * Must not measure.
 */
import { type Cluster, openCluster, removeCluster } from '../../test/cluster/cluster.ts';
import { healAll } from '../../test/cluster/faults.ts';
import { prepareAndStart } from '../../test/cluster/prepare.ts';
import { putControllers, putNoControllers } from '../../test/e2e/put-controllers.ts';
import { deployedControllers } from '../../test/e2e/stage.ts';
import { takeTurn } from './turn.ts';

export interface Bed {
  readonly cluster: Cluster;
  readonly own: boolean;
  /** Whatever was measured, and however that ended. */
  leave(): Promise<void>;
}

export interface BedOptions {
  readonly onRunning: boolean;
  readonly progress: { waiting(text: string): void };
  readonly signal: AbortSignal;
}

/** @throws ClusterError */
export async function openBed({ onRunning, progress, signal }: BedOptions): Promise<Bed> {
  if (onRunning) return runningBed();
  const cluster = await prepareAndStart({ kind: 'run', nodeMonitorGraceSeconds: 10, progress, signal });
  return { cluster, own: true, leave: removeCluster };
}

/** It is left as it was found, with the controllers of deploy/ or with none. */
async function runningBed(): Promise<Bed> {
  const cluster = openCluster();
  const giveBack = takeTurn();
  const words = ['get', '--ignore-not-found', '--output=name', '--namespace=understudy'];
  const hadControllers = (await cluster.runKubectl([...words, 'deployment/understudy'])) !== '';
  return {
    cluster,
    own: false,
    leave: async () => {
      await healAll();
      if (hadControllers) await putControllers(cluster, deployedControllers);
      else await putNoControllers(cluster);
      giveBack();
    },
  };
}
