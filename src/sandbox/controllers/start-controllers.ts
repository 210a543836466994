/** Owns the list of controllers that a sandbox runs, in one place and one order. Must not hold any of their rules. */
import type { Clock } from '../../time/clock.ts';
import { selectorOfLabels } from '../api/label-selector.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { EventRecorder } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import { type Controller, type ControllerContext, selectorLabels } from './controller.ts';
import { startDeploymentController } from './deployment.ts';
import { startDisruptionController } from './disruption.ts';
import { startEndpointSliceController } from './endpoint-slice.ts';
import { startEndpointSliceMirroring } from './endpoint-slice-mirroring.ts';
import { startEndpointsController } from './endpoints.ts';
import { startGarbageCollector } from './garbage-collector.ts';
import { KnownPods } from './known-pods.ts';
import { type NodeLifecycleOptions, startNodeLifecycle } from './node-lifecycle.ts';
import { startPodGarbageCollector } from './pod-garbage-collector.ts';
import { startReplicaSetController } from './replica-set.ts';
import { startScheduler } from './scheduler.ts';
import { SelectingObjects } from './selecting-objects.ts';
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
  const services = new SelectingObjects(link, resourceTypes.services, (service) => {
    const selector = selectorOfLabels(selectorLabels(service));
    return selector.length === 0 ? undefined : selector;
  });
  const recorder = (component: string) => new EventRecorder(link, clock, { component });
  const context: ControllerContext = { link, clock, pods, services, recorder };
  const controllers = [
    startServiceIpController(context, servicePrefix),
    startGarbageCollector(context),
    startScheduler(context),
    startReplicaSetController(context),
    startDeploymentController(context),
    startEndpointSliceController(context),
    startEndpointsController(context),
    startEndpointSliceMirroring(context),
    startDisruptionController(context),
    startNodeLifecycle(context, nodeLifecycle),
    startPodGarbageCollector(context),
  ];
  return {
    close: () => {
      for (const controller of controllers.toReversed()) controller.close();
      services.close();
      pods.close();
    },
  };
}
