/**
 * Owns the scenes that are both tested and measured: their names, and how each strikes.
 * Must not judge what comes of a strike.
 */
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import { cutLink, findContainer, stopComponent } from '../../cluster/faults.ts';
import { componentOf } from '../../cluster/node.ts';
import { isNodeName, type NodeName } from '../../cluster/topology.ts';
import { besideName, serverName } from '../singleton/manifests.ts';
import type { SingletonPlace } from '../singleton/singleton.ts';
import type { ControllerPair, Stage } from '../stage.ts';
import {
  anotherServiceOverMembers,
  both,
  foreignSliceChanges,
  servingOn,
  tripwire,
  uncordonedInTheEnd,
} from './circumstances.ts';
import type { Scene } from './measure.ts';
import { alone, type Once } from './meeting.ts';
import { askForSwitchover, containerId, deletePod, drain, evictPod } from './strikes.ts';

/** Who the controllers are at the strike, where they are not those of the stage. */
export type FindControllers = () => Promise<ControllerPair>;

/** The bed's own grace period is 10 s; a kubelet's last word may be 2 s old, and pods are waited for on top. */
const nodeLostWithinMs = 45_000;

function findOf(stage: Stage): FindControllers {
  return () => stage.controllersInGoodOrder();
}

/** Of the controllers' pods, in deploy/ and in the ancestor's set: there is one in each. */
function controllerContainer(pod: PodObject): string {
  const [container, ...more] = pod.containers;
  if (container === undefined || more.length > 0) throw new TypeError(`${pod.name} has not one container`);
  return containerId(pod, container.name);
}

/** As long as kube-proxy may take to hear that somebody else is active, and a little more. */
const serveOnMs = 1_500;

/** kill -9 of a critical container: the kubelet says so up to a second later, and the controllers delete the pod. */
export function criticalContainerKilled(): Scene {
  return {
    name: 'critical container: kill -9',
    expected: 'failover',
    strike: ({ active }) => findContainer(containerId(active, serverName)).strike('SIGKILL'),
  };
}

/** The controllers notice by themselves: the kernel says at once that nobody holds their connection any more. */
export function criticalContainerKilledOnTripwire(): Scene {
  return {
    ...criticalContainerKilled(),
    name: 'critical container: kill -9, with a tripwire',
    amid: tripwire,
  };
}

export function otherContainerKilled(): Scene {
  return {
    name: 'non-critical container: kill -9',
    expected: 'nothing',
    strike: ({ active }) => findContainer(containerId(active, besideName)).strike('SIGKILL'),
  };
}

export function forcedDelete(stage: Stage): Scene {
  return {
    name: 'kubectl delete --force',
    expected: 'failover',
    strike: ({ active }) => deletePod(stage, active, { force: true }),
  };
}

const foreignChangesEveryMs = 200;

/** What any busy cluster does to everybody: kube-proxy pauses after each change, whosever it was. */
export function forcedDeleteAmidChanges(stage: Stage): Scene {
  return {
    ...forcedDelete(stage),
    name: 'kubectl delete --force, amid 5 foreign slice changes a second',
    amid: foreignSliceChanges(foreignChangesEveryMs),
  };
}

export function forcedDeleteBesideService(stage: Stage): Scene {
  return {
    ...forcedDelete(stage),
    name: 'kubectl delete --force, another Service over the members',
    amid: anotherServiceOverMembers,
  };
}

export function gracefulDelete(stage: Stage): Scene {
  return { name: 'kubectl delete', expected: 'failover', strike: ({ active }) => deletePod(stage, active) };
}

export function gracefulDeleteServingOn(stage: Stage): Scene {
  return {
    ...gracefulDelete(stage),
    name: 'kubectl delete, the application serves on for 1.5 s',
    amid: servingOn(serveOnMs),
  };
}

export function switchover(stage: Stage, { namespace }: Pick<SingletonPlace, 'namespace'>): Scene {
  return {
    name: 'switchover',
    expected: 'failover',
    strike: ({ epoch }) => askForSwitchover(stage, namespace, epoch),
  };
}

/** The cordon moves the role; the eviction comes when the budget lets it. */
export function drainOfItsNode(stage: Stage): Scene {
  return {
    name: 'kubectl drain of its node',
    expected: 'failover',
    amid: uncordonedInTheEnd,
    strike: ({ active }) => drain(stage, active),
  };
}

export function drainServingOn(stage: Stage): Scene {
  return {
    ...drainOfItsNode(stage),
    name: 'kubectl drain of its node, the application serves on for 1.5 s',
    amid: both(uncordonedInTheEnd, servingOn(serveOnMs)),
  };
}

export function eviction(stage: Stage): Scene {
  return { name: 'eviction', expected: 'failover', strike: ({ active }) => evictPod(stage, active) };
}

/** The standbys first, so that nobody is left to take over. */
export function allMembersDeleted(stage: Stage): Scene {
  return {
    name: 'every member: delete --force',
    expected: 'failover',
    strike: async ({ active, standbys }) => {
      for (const standby of standbys) await deletePod(stage, standby, { force: true });
      return deletePod(stage, active, { force: true });
    },
  };
}

/** The two of them with nothing in between. `once`: for the controller, where several singletons lose theirs at once. */
export function controllerAndActiveKilled(stage: Stage, find = findOf(stage), once: Once = alone): Scene {
  return {
    name: 'controller and active: kill -9',
    expected: 'failover',
    strike: async ({ active }) => {
      const application = findContainer(containerId(active, serverName));
      await once(() => strikeController(find));
      return application.strike('SIGKILL');
    },
  };
}

/** The active controller dies, and at once the API is told to forget the active. */
export function controllerKilledAndForcedDelete(
  stage: Stage,
  find = findOf(stage),
  once: Once = alone,
): Scene {
  return {
    name: 'controller: kill -9, and delete --force',
    expected: 'failover',
    strike: async ({ active }) => {
      await once(() => strikeController(find));
      return deletePod(stage, active, { force: true });
    },
  };
}

async function strikeController(find: FindControllers): Promise<number> {
  const { active } = await find();
  return findContainer(controllerContainer(active)).strike('SIGKILL');
}

export function activeControllerKilled(stage: Stage, find = findOf(stage)): Scene {
  return {
    name: 'active controller: kill -9',
    expected: 'nothing',
    strike: () => strikeController(find),
  };
}

/** With their pods, so that no kubelet holds them back as it does what crashes again and again. */
export function bothControllersDeleted(stage: Stage, find = findOf(stage)): Scene {
  return {
    name: 'both controllers: delete --force',
    expected: 'nothing',
    strike: async () => {
      const { active, standby } = await find();
      const [struckAtMs] = await Promise.all(
        [active, standby].map((pod) => deletePod(stage, pod, { force: true })),
      );
      return struckAtMs ?? Number.NaN;
    },
  };
}

/** The same strike for all that are played at once. */
export function shared(scene: Scene, once: Once): Scene {
  return { ...scene, strike: (standing) => once(() => scene.strike(standing)) };
}

/** The bed's node that a pod is on. @throws TypeError where it is on none */
export function nodeOf({ name, node }: PodObject): NodeName {
  if (node !== undefined && isNodeName(node)) return node;
  throw new TypeError(`${name} is on no node of the bed`);
}

/** Of the active's node: its pods go on, and nobody speaks for them. Clients have to ask from the other node. */
export function kubeletHangs(): Scene {
  return nodeLost('kubelet hangs', (node) => stopComponent(componentOf('kubelet', node)));
}

/** Of the active's node, for good. Clients have to ask from the other node. */
export function linkCut(): Scene {
  return nodeLost('node: link cut', cutLink);
}

function nodeLost(name: string, lose: (node: NodeName) => Promise<void> | void): Scene {
  return {
    name,
    expected: 'failover',
    answerWithinMs: nodeLostWithinMs,
    strike: async ({ active }) => {
      const node = nodeOf(active);
      const struckAtMs = machineNowMs();
      await lose(node);
      return struckAtMs;
    },
  };
}
