/**
 * Owns what a scene is: what it does to the set in good order, and what has to come of it.
 * Must not print, and must not judge: outcome.ts does.
 */
import type { PodObject } from '../../kube/decode-pod.ts';
import type { HapodCluster } from '../hapod/hapod-cluster.ts';
import type { GoodStanding } from '../hapod/standing.ts';
import {
  type ContainerProcess,
  deleteByForce,
  execute,
  kill,
  processEnd,
  processesOf,
} from '../hapod/strikes.ts';

export interface Scene {
  readonly title: string;
  /** What has to come of it. */
  readonly expected: 'failover' | 'nothing';
  /** The containers of the active that end; empty where the API itself is told. */
  readonly ends: readonly string[];
  /** True where the active controller goes too: then the other one has to act. */
  readonly controllerToo: boolean;
  /** What is done, in a sentence with names. */
  readonly describe: (standing: GoodStanding) => string;
  /** What is waited for until it strikes; undefined where that is at once. */
  readonly takesTime?: string;
  /** Resolves to the machine time (ms) of the strike. */
  readonly strike: (cluster: HapodCluster, standing: GoodStanding) => Promise<number>;
}

const critical = 'critcontainer1';
const server = 'noncritcontainer';
const nonCritical = 'noncritcontainer2';

/** The sample looks for the file each 5 s (examples/hapod/README.md); then it needs a moment to crash. */
const killmeMs = 8_000;

export const scenes: readonly Scene[] = [
  {
    title: 'kill -9 of the active',
    expected: 'failover',
    ends: [server, critical],
    controllerToo: false,
    describe: ({ active }) => `kill -9 of the application in ${active.name}`,
    strike: async (cluster, { active }) => kill(processesOf(cluster, active, [server, critical])),
  },
  {
    title: 'delete --force of the active',
    expected: 'failover',
    ends: [],
    controllerToo: false,
    describe: ({ active }) => `kubectl delete pod ${active.name} --force`,
    strike: (cluster, { active }) => deleteByForce(cluster, active),
  },
  {
    title: 'a critical container dies',
    expected: 'failover',
    ends: [critical],
    controllerToo: false,
    describe: ({ active }) => `kubectl exec ${active.name} -c ${critical} -- touch /tmp/killme`,
    takesTime: `${critical} to find the file, for which it looks each 5 s`,
    strike: async (cluster, { active }) => {
      const [process] = processesOf(cluster, active, [critical]);
      return touchKillme(cluster, active, process);
    },
  },
  {
    title: 'a non-critical container dies',
    expected: 'nothing',
    ends: [nonCritical],
    controllerToo: false,
    describe: ({ active }) => `kill -9 of ${nonCritical} in ${active.name}`,
    strike: async (cluster, { active }) => kill(processesOf(cluster, active, [nonCritical])),
  },
  {
    title: 'controller and active at once',
    expected: 'failover',
    ends: [server, critical],
    controllerToo: true,
    describe: ({ active, activeController }) =>
      `kill -9 of controller ${activeController.name} and of ${active.name} at once`,
    strike: async (cluster, { active, activeController }) =>
      kill([...processesOf(cluster, activeController), ...processesOf(cluster, active, [server, critical])]),
  },
];

async function touchKillme(
  cluster: HapodCluster,
  pod: PodObject,
  process: ContainerProcess | undefined,
): Promise<number> {
  if (process === undefined) throw new Error(`${critical} of ${pod.name} does not run`);
  await execute(cluster, { pod, container: critical }, ['touch', '/tmp/killme']);
  return processEnd(process, killmeMs);
}
