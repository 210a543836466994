/**
 * Owns putting a test's application into a namespace of its own, in either mode, and the wait until it is one that can be
 * struck. Must not wait for clients: who has a prober waits for its answers.
 */
import type { Mode } from '../../../src/api/singleton.ts';
import type { Target } from '../../../src/cli/steady-client/connection-attempt.ts';
import { decodeService } from '../../../src/kube/decode-service.ts';
import type { Stage } from '../stage.ts';
import {
  namespaceObject,
  programObject,
  serviceName,
  serviceObject,
  servicePort,
  singletonObject,
  singletonsPath,
  type WorkloadOptions,
  workloadObject,
  workloadPath,
  workloadsPath,
} from './manifests.ts';
import { Singleton } from './singleton.ts';

export interface SingletonOptions extends Partial<WorkloadOptions> {
  readonly namespace: string;
  /** In `Labels`, as the ancestor's Service does, where nothing is said. */
  readonly mode?: Mode;
  readonly hasTripwire?: boolean;
}

const defaults: WorkloadOptions = {
  kind: 'ReplicaSet',
  replicas: 2,
  labels: { app: 'hapod' },
  terminationGracePeriodSeconds: 5,
  tolerationSeconds: 300,
};

const addressWithinMs = 10_000;

/** Resolves at once; nobody may be active yet. What is there already by that namespace's name is an error. */
export async function putSingleton(stage: Stage, options: SingletonOptions): Promise<Singleton> {
  await stage.api.create('/api/v1/namespaces', namespaceObject(options.namespace));
  return fillNamespace(stage, options);
}

/** The same in a namespace that is there. Who has put it there takes the singleton away. */
export async function fillNamespace(stage: Stage, options: SingletonOptions): Promise<Singleton> {
  const { namespace, mode = 'Labels', hasTripwire = false, ...given } = options;
  const workload = { ...defaults, ...given };
  const { api, place } = stage;
  if (mode === 'Direct' && !place.singletons)
    throw new TypeError('of these controllers nobody leads a Service without a selector');
  const core = `/api/v1/namespaces/${namespace}`;
  await api.create(`${core}/configmaps`, programObject());
  await api.create(`${core}/services`, serviceObject(mode, workload.labels));
  if (place.singletons)
    await api.create(singletonsPath(namespace), singletonObject(workload.labels, hasTripwire));
  await api.create(workloadsPath(namespace, workload.kind), workloadObject(workload));
  return new Singleton(stage, {
    namespace,
    labels: workload.labels,
    service: serviceName,
    workloadPath: workloadPath(namespace, workload.kind),
    address: await addressOf(stage, { namespace, name: serviceName }),
    standbys: workload.replicas - 1,
  });
}

/** Resolves once the Service has an address. */
export async function addressOf(
  { recorder }: Stage,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<Target> {
  return recorder.waitFor(() => {
    const service = recorder
      .current('services')
      .map(decodeService)
      .find((each) => each.namespace === namespace && each.name === name);
    const host = service?.clusterIp;
    return host === undefined ? 'an address of the Service' : { host, port: servicePort };
  }, addressWithinMs);
}

/** Resolves when there is one active that the record names, and fit standbys. */
export async function createSingleton(stage: Stage, options: SingletonOptions): Promise<Singleton> {
  const singleton = await putSingleton(stage, options);
  try {
    await singleton.inGoodOrder();
  } catch (error) {
    await singleton.remove();
    throw error;
  }
  return singleton;
}
