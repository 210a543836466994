/**
 * Owns the scenes that are both tested and measured: their names, and how each strikes.
 * Must not judge what comes of a strike.
 */
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import { findContainer } from '../../cluster/faults.ts';
import { besideName, serverName } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';
import type { Scene } from './measure.ts';
import { containerId, deletePod } from './strikes.ts';

/** Of the controllers' pods, in deploy/ and in the ancestor's set: there is one in each. */
function controllerContainer(pod: PodObject): string {
  const [container, ...more] = pod.containers;
  if (container === undefined || more.length > 0) throw new TypeError(`${pod.name} has not one container`);
  return containerId(pod, container.name);
}

/** kill -9 of a critical container: the kubelet says so up to a second later, and the controllers delete the pod. */
export function criticalContainerKilled(): Scene {
  return {
    name: 'critical container: kill -9',
    expected: 'failover',
    strike: ({ active }) => findContainer(containerId(active, serverName)).strike('SIGKILL'),
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

export function gracefulDelete(stage: Stage): Scene {
  return { name: 'kubectl delete', expected: 'failover', strike: ({ active }) => deletePod(stage, active) };
}

/** The two of them with nothing in between. */
export function controllerAndActiveKilled(stage: Stage): Scene {
  return {
    name: 'controller and active: kill -9',
    expected: 'failover',
    strike: async ({ active }) => {
      const controllers = await stage.controllersInGoodOrder();
      const controller = findContainer(controllerContainer(controllers.active));
      const application = findContainer(containerId(active, serverName));
      controller.strike('SIGKILL');
      return application.strike('SIGKILL');
    },
  };
}

/** The active controller dies, and at once the API is told to forget the active. */
export function controllerKilledAndForcedDelete(stage: Stage): Scene {
  return {
    name: 'controller: kill -9, and delete --force',
    expected: 'failover',
    strike: async ({ active }) => {
      const controllers = await stage.controllersInGoodOrder();
      findContainer(controllerContainer(controllers.active)).strike('SIGKILL');
      return deletePod(stage, active, { force: true });
    },
  };
}

export function activeControllerKilled(stage: Stage): Scene {
  return {
    name: 'active controller: kill -9',
    expected: 'nothing',
    strike: async () => {
      const { active } = await stage.controllersInGoodOrder();
      return findContainer(controllerContainer(active)).strike('SIGKILL');
    },
  };
}

/** With their pods, so that no kubelet holds them back as it does what crashes again and again. */
export function bothControllersDeleted(stage: Stage): Scene {
  return {
    name: 'both controllers: delete --force',
    expected: 'nothing',
    strike: async () => {
      const { active, standby } = await stage.controllersInGoodOrder();
      const [struckAtMs] = await Promise.all(
        [active, standby].map((pod) => deletePod(stage, pod, { force: true })),
      );
      return struckAtMs ?? Number.NaN;
    },
  };
}
