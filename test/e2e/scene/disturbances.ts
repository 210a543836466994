/**
 * Owns what may go on in a cluster beside a scene, and costs whoever waits for a Service proxy: slices of others that
 * change, and another Service over the same pods. Must not touch the singleton.
 */
import { words } from '../../../src/controller/words.ts';
import { servicePort } from '../singleton/manifests.ts';
import type { SingletonPlace } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';

export interface Disturbance {
  begin(stage: Stage, place: SingletonPlace): Promise<Begun>;
}

interface Begun {
  end(): Promise<void>;
}

/** `play`, from a little before it to its end. */
export async function amid<T>(
  disturb: Disturbance | undefined,
  { stage, place }: { readonly stage: Stage; readonly place: SingletonPlace },
  play: () => Promise<T>,
): Promise<T> {
  if (disturb === undefined) return play();
  const begun = await disturb.begin(stage, place);
  try {
    return await play();
  } finally {
    await begun.end();
  }
}

/** Of documentation (RFC 5737): nobody has them. */
const addresses = ['192.0.2.1', '192.0.2.2'] as const;
const ports = [{ name: 'tcp', protocol: 'TCP', port: servicePort }];

/** Of a Service that nobody asks: kube-proxy does not know that, and has to bring in each of them. */
export function foreignSliceChanges(everyMs: number): Disturbance {
  return {
    begin: async ({ api }, { namespace }) => {
      const services = `/api/v1/namespaces/${namespace}/services`;
      const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
      const name = 'restless';
      await api.create(services, serviceObject(name));
      await api.create(slices, sliceObject(name));
      let changes = 0;
      let failed: unknown;
      const change = async () => {
        changes += 1;
        await api.mergePatch(`${slices}/${name}`, { endpoints: endpointsAt(changes) });
      };
      const timer = setInterval(() => {
        change().catch((error: unknown) => {
          failed ??= error;
        });
      }, everyMs);
      return {
        end: async () => {
          clearInterval(timer);
          await api.delete(`${slices}/${name}`);
          await api.delete(`${services}/${name}`);
          // Without them it was another scene than its name says.
          if (failed !== undefined) throw failed;
        },
      };
    },
  };
}

/** One that selects all members, active or not: Kubernetes changes its slices whenever one of them changes. */
export const anotherServiceOverMembers: Disturbance = {
  begin: async ({ api }, { namespace, labels }) => {
    const services = `/api/v1/namespaces/${namespace}/services`;
    const name = 'covering';
    await api.create(services, serviceObject(name, labels));
    return {
      end: async () => {
        await api.delete(`${services}/${name}`);
      },
    };
  },
};

function serviceObject(name: string, selector?: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports } };
}

function sliceObject(name: string): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { [words.serviceName]: name } },
    addressType: 'IPv4',
    endpoints: endpointsAt(0),
    ports,
  };
}

function endpointsAt(change: number): readonly object[] {
  return [{ addresses: [addresses[change % addresses.length]], conditions: { ready: true } }];
}
