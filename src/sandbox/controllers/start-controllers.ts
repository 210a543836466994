/** Owns the list of controllers that a sandbox runs, in one place and one order. Must not hold any of their rules. */
import type { Clock } from '../../time/clock.ts';
import { EventRecorder } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { startDeploymentController } from './deployment.ts';
import { startEndpointSliceController } from './endpoint-slice.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { KnownPods } from './known-pods.ts';
import { type NodeLifecycleOptions, startNodeLifecycle } from './node-lifecycle.ts';
import { startPodGarbageCollector } from './pod-garbage-collector.ts';
import { startReplicaSetController } from './replica-set.ts';
import { startScheduler } from './scheduler.ts';
import { startServiceIpController } from './service-ip.ts';

export interface ControllersOptions {
  readonly link: StoreLink;
  readonly clock: Clock;
  /** The first two numbers of the Services' addresses. */
  readonly servicePrefix: string;
  readonly nodeLifecycle?: NodeLifecycleOptions;
}

export function startControllers({
  link,
  clock,
  servicePrefix,
  nodeLifecycle,
}: ControllersOptions): Controller {
  const pods = new KnownPods(link);
  const recorder = (component: string) => new EventRecorder(link, clock, { component });
  const context: ControllerContext = { link, clock, pods, recorder };
  const controllers = [
    startServiceIpController(context, servicePrefix),
    startGarbageCollector(context),
    startScheduler(context),
    startReplicaSetController(context),
    startDeploymentController(context),
    startEndpointSliceController(context),
    startNodeLifecycle(context, nodeLifecycle),
    startPodGarbageCollector(context),
  ];
  return {
    close: () => {
      for (const controller of controllers.toReversed()) controller.close();
      pods.close();
    },
  };
}
